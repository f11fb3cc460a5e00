"""Amazon Web Services: the user nodes on EKS, ECR through the registry helper, Route 53."""
