{{/* A PodDisruptionBudget. Argument: (list $ "hub" <pdb values>): name and component are the same word. */}}
{{- define "jupyterhub.budget" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $budget := index . 2 -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "jupyterhub.name" (list $root $component) }}
  labels: {{- include "jupyterhub.labels" (list $root $component) | nindent 4 }}
spec:
  {{- range list "maxUnavailable" "minAvailable" }}
  {{- if and (hasKey $budget .) (not (kindIs "invalid" (get $budget .))) }}
  {{ . }}: {{ get $budget . }}
  {{- end }}
  {{- end }}
  selector:
    matchLabels: {{- include "jupyterhub.selector" (list $root $component) | nindent 6 }}
{{- end -}}
