{{/* Labels that select the pods of Deployment binder. */}}
{{- define "binderhub.selector" -}}
app: binder
component: binder
release: {{ .Release.Name }}
{{- end -}}

{{/* Labels of a DaemonSet's pods. Argument: (list $ "name" "component"). */}}
{{- define "binderhub.daemonLabels" -}}
{{- $root := index . 0 -}}
name: {{ index . 1 }}
app: binder
component: {{ index . 2 }}
release: {{ $root.Release.Name }}
heritage: {{ $root.Release.Service }}
{{- end -}}

{{- define "binderhub.accountLabels" -}}
app: binderhub
chart: {{ .Chart.Name }}-{{ .Chart.Version }}
release: {{ .Release.Name }}
heritage: {{ .Release.Service }}
{{- end -}}

{{/* Where builds run: on the users' nodes, with their taints tolerated. */}}
{{- define "binderhub.buildPlacement" -}}
nodeSelector: {{ get .Values.config.BinderHub "build_node_selector" | default dict | toJson }}
tolerations:
  {{- range list "hub.jupyter.org/dedicated" "hub.jupyter.org_dedicated" }}
  - {key: {{ . }}, operator: Equal, value: user, effect: NoSchedule}
  {{- end }}
  {{- with .Values.tolerations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* A docker client's config.json with the registry's credentials. */}}
{{- define "binderhub.dockerConfig" -}}
{{- $url := .Values.registry.url | default "https://index.docker.io/v1/" -}}
{{- $username := .Values.registry.username | default (eq $url "https://gcr.io" | ternary "_json_key" "<token>") -}}
{{- $auth := printf "%s:%s" $username (.Values.registry.password | default "") | b64enc -}}
{{- $config := dict "auths" (dict $url (dict "auth" $auth)) -}}
{{- merge $config (get .Values.config.BinderHub "buildDockerConfig" | default dict) | toPrettyJson -}}
{{- end -}}
