{{/* Prefix of every object's name: none by default, the release's name when fullnameOverride is null. */}}
{{- define "jupyterhub.prefix" -}}
{{- $chart := .Values.nameOverride | default .Chart.Name -}}
{{- if kindIs "string" .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $chart .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- .Release.Name }}-{{ $chart -}}
{{- end -}}
{{- end -}}

{{/* Name of a namespaced object. Argument: (list $ "proxy-api"). */}}
{{- define "jupyterhub.name" -}}
{{- with include "jupyterhub.prefix" (index . 0) }}{{ . }}-{{ end }}{{ index . 1 -}}
{{- end -}}

{{/* Name of the Ingress and of the HTTPRoute. */}}
{{- define "jupyterhub.routeName" -}}
{{- include "jupyterhub.prefix" . | default "jupyterhub" -}}
{{- end -}}

{{/* Names of cluster-wide objects carry the release's name when there is no prefix to tell hubs apart. */}}
{{- define "jupyterhub.priorityName" -}}
{{- include "jupyterhub.prefix" . | default (printf "%s-default-priority" .Release.Name) -}}
{{- end -}}

{{- define "jupyterhub.placeholderPriorityName" -}}
{{- if include "jupyterhub.prefix" . -}}
{{- include "jupyterhub.name" (list . "user-placeholder") -}}
{{- else -}}
{{- .Release.Name }}-user-placeholder-priority
{{- end -}}
{{- end -}}

{{- define "jupyterhub.schedulerName" -}}
{{- if include "jupyterhub.prefix" . -}}
{{- include "jupyterhub.name" (list . "user-scheduler") -}}
{{- else -}}
{{- .Release.Name }}-user-scheduler
{{- end -}}
{{- end -}}

{{/* Name of a service account. Argument: (list $ <its values> "hub"). */}}
{{- define "jupyterhub.serviceAccountName" -}}
{{- $account := index . 1 -}}
{{- if $account.name -}}
{{- $account.name -}}
{{- else if $account.create -}}
{{- include "jupyterhub.name" (list (index . 0) (index . 2)) -}}
{{- else -}}
default
{{- end -}}
{{- end -}}
