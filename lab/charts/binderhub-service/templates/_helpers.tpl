{{/* Prefix of every object's name: none by default, the release's name when fullnameOverride is null. */}}
{{- define "binderhub-service.prefix" -}}
{{- $chart := .Values.nameOverride | default .Chart.Name -}}
{{- if kindIs "string" .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $chart .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- .Release.Name }}-{{ $chart -}}
{{- end -}}
{{- end -}}

{{/* Name of an object. Argument: (list $ "docker-api"). */}}
{{- define "binderhub-service.name" -}}
{{- with include "binderhub-service.prefix" (index . 0) }}{{ . }}-{{ end }}{{ index . 1 -}}
{{- end -}}

{{- define "binderhub-service.serviceAccountName" -}}
{{- $own := include "binderhub-service.name" (list . "binderhub") -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary $own "") -}}
{{- end -}}

{{/* Labels that tell the release's objects from others; with a component they select its pods. */}}
{{- define "binderhub-service.selector" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "binderhub-service.labels" -}}
{{ include "binderhub-service.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* Folder of the docker daemon's socket on its node. Build pods mount it, so both must say the same. */}}
{{- define "binderhub-service.hostDir" -}}
{{ .Release.Namespace }}-{{ .Release.Name }}/docker-api
{{- end -}}

{{/* What a build pod may call: the world but private ranges, and the cluster's DNS. */}}
{{- define "binderhub-service.publicEgress" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
  to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: kube-dns
{{- end -}}

{{/* Where a pod may run, or nothing. Argument: values with nodeSelector, affinity and tolerations. */}}
{{- define "binderhub-service.placement" -}}
{{- $kept := dict -}}
{{- range $field, $value := pick . "nodeSelector" "affinity" "tolerations" -}}
{{- with $value }}{{ $_ := set $kept $field . }}{{ end -}}
{{- end -}}
{{- with $kept }}{{ toYaml . }}{{ end -}}
{{- end -}}
