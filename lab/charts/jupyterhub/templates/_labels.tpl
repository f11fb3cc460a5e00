{{/* Each helper takes (list $ "component"). Selectors use the older label names: they cannot be changed later. */}}
{{- define "jupyterhub.selector" -}}
{{- $root := index . 0 -}}
component: {{ index . 1 }}
app: {{ include "jupyterhub.app" $root | quote }}
release: {{ $root.Release.Name | quote }}
{{- end -}}

{{- define "jupyterhub.app" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels of a pod: no version in them, so that a new chart version alone restarts nothing. */}}
{{- define "jupyterhub.podLabels" -}}
{{- $root := index . 0 -}}
{{ include "jupyterhub.selector" . }}
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/name: {{ include "jupyterhub.app" $root | quote }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
{{- end -}}

{{- define "jupyterhub.labels" -}}
{{- $root := index . 0 -}}
{{- $chart := printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" -}}
{{ include "jupyterhub.podLabels" . }}
chart: {{ $chart }}
helm.sh/chart: {{ $chart }}
heritage: {{ $root.Release.Service }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
{{- end -}}
