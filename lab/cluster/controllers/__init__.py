"""What a cloud's controllers do in a real cluster: volumes and load balancers."""
