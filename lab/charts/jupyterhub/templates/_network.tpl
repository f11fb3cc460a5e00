{{/*
A NetworkPolicy. Argument: a dict of
  root; name; component (label of the policy); pods (component of the pods it governs);
  policy (its values); allow (list of label and ports: who may come in); reach (list of
  component and ports: whom these pods may call).
*/}}
{{- define "jupyterhub.networkPolicy" -}}
{{- $root := .root -}}
{{- $policy := .policy -}}
{{- $accept := eq $policy.interNamespaceAccessLabels "accept" -}}
{{- $ingress := list -}}
{{- with $policy.allowedIngressPorts -}}
{{- $ports := list -}}
{{- range . }}{{ $ports = append $ports (dict "port" .) }}{{ end -}}
{{- $ingress = append $ingress (dict "ports" $ports) -}}
{{- end -}}
{{- range .allow -}}
{{- $labelled := dict "matchLabels" (dict (printf "hub.jupyter.org/network-access-%s" .label) "true") -}}
{{- $from := list (dict "podSelector" $labelled) -}}
{{- if $accept -}}
{{- $everywhere := dict "podSelector" $labelled "namespaceSelector" (dict "matchLabels" dict) -}}
{{- $from = list $everywhere (dict "namespaceSelector" $labelled) -}}
{{- end -}}
{{- $ports := list -}}
{{- range .ports }}{{ $ports = append $ports (dict "port" .) }}{{ end -}}
{{- $ingress = append $ingress (dict "ports" $ports "from" $from) -}}
{{- end -}}
{{- $egress := list -}}
{{- range .reach -}}
{{- $pods := include "jupyterhub.selector" (list $root .component) | fromYaml -}}
{{- $ports := list -}}
{{- range .ports }}{{ $ports = append $ports (dict "port" .) }}{{ end -}}
{{- $egress = append $egress (dict "to" (list (dict "podSelector" (dict "matchLabels" $pods))) "ports" $ports) -}}
{{- end -}}
{{- $egress = concat $egress (include "jupyterhub.egress" (list $root $policy) | fromYamlArray) -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "jupyterhub.name" (list $root .name) }}
  labels: {{- include "jupyterhub.labels" (list $root .component) | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "jupyterhub.selector" (list $root .pods) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress: {{- toYaml (concat $ingress $policy.ingress) | nindent 4 }}
  egress: {{- toYaml (concat $egress $policy.egress) | nindent 4 }}
{{- end -}}

{{/* The egress that egressAllowRules opens, as a list. Argument: (list $ <policy values>). */}}
{{- define "jupyterhub.egress" -}}
{{- $allow := (index . 1).egressAllowRules -}}
{{- $block := "ipBlock" -}}
{{- $metadata := printf "%s/32" (index . 0).Values.singleuser.cloudMetadata.ip -}}
{{- $private := list "10.0.0.0/8" "172.16.0.0/12" "192.168.0.0/16" -}}
{{- $toPrivate := list -}}
{{- range $private }}{{ $toPrivate = append $toPrivate (dict $block (dict "cidr" .)) }}{{ end -}}
{{- $toMetadata := list (dict $block (dict "cidr" $metadata)) -}}
{{- $rules := list -}}
{{- $dns := list -}}
{{- if $allow.dnsPortsCloudMetadataServer }}{{ $dns = concat $dns $toMetadata }}{{ end -}}
{{- if $allow.dnsPortsKubeSystemNamespace -}}
{{- $system := dict "matchLabels" (dict "kubernetes.io/metadata.name" "kube-system") -}}
{{- $dns = append $dns (dict "namespaceSelector" $system) -}}
{{- end -}}
{{- if $allow.dnsPortsPrivateIPs }}{{ $dns = concat $dns $toPrivate }}{{ end -}}
{{- with $dns -}}
{{- $ports := list (dict "port" 53 "protocol" "UDP") (dict "port" 53 "protocol" "TCP") -}}
{{- $rules = append $rules (dict "ports" $ports "to" .) -}}
{{- end -}}
{{- if $allow.nonPrivateIPs -}}
{{- $public := dict "cidr" "0.0.0.0/0" "except" (append $private $metadata) -}}
{{- $rules = append $rules (dict "to" (list (dict $block $public))) -}}
{{- end -}}
{{- if $allow.privateIPs }}{{ $rules = append $rules (dict "to" $toPrivate) }}{{ end -}}
{{- if $allow.cloudMetadataServer }}{{ $rules = append $rules (dict "to" $toMetadata) }}{{ end -}}
{{- toYaml $rules -}}
{{- end -}}
