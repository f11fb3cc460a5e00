{{/* Where a core pod may run, and its priority. Argument: (list $ <nodeSelector> <tolerations>). */}}
{{- define "jupyterhub.corePlacement" -}}
{{- $root := index . 0 -}}
{{- $scheduling := $root.Values.scheduling -}}
{{- $purpose := dict "key" "hub.jupyter.org/node-purpose" "operator" "In" "values" (list "core") -}}
{{- $term := dict "matchExpressions" (list $purpose) -}}
{{- $match := $scheduling.corePods.nodeAffinity.matchNodePurpose -}}
{{- $spec := dict -}}
{{- if $scheduling.podPriority.enabled -}}
{{- $_ := set $spec "priorityClassName" (include "jupyterhub.priorityName" $root) -}}
{{- end -}}
{{- with index . 1 }}{{ $_ := set $spec "nodeSelector" . }}{{ end -}}
{{- with concat $scheduling.corePods.tolerations (index . 2) }}{{ $_ := set $spec "tolerations" . }}{{ end -}}
{{- if eq $match "require" -}}
{{- $required := dict "nodeSelectorTerms" (list $term) -}}
{{- $_ := set $spec "affinity" (dict "nodeAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" $required)) -}}
{{- else if eq $match "prefer" -}}
{{- $preferred := list (dict "weight" 100 "preference" $term) -}}
{{- $_ := set $spec "affinity" (dict "nodeAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" $preferred)) -}}
{{- end -}}
{{- with $spec }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{/* imagePullSecrets of a pod, or nothing. Argument: (list $ <image values>). */}}
{{- define "jupyterhub.pullSecrets" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $own := $root.Values.imagePullSecret -}}
{{- $entries := list -}}
{{- range concat $image.pullSecrets $root.Values.imagePullSecrets -}}
{{- $entry := . -}}
{{- if kindIs "string" . }}{{ $entry = dict "name" . }}{{ end -}}
{{- $entries = append $entries $entry -}}
{{- end -}}
{{- if and $own.create $own.automaticReferenceInjection -}}
{{- $entries = append $entries (dict "name" (include "jupyterhub.name" (list $root "image-pull-secret"))) -}}
{{- end -}}
{{- with uniq $entries }}{{ toYaml (dict "imagePullSecrets" .) }}{{ end -}}
{{- end -}}

{{/* Environment entries, given as a list or as a map of texts or of entries by name. */}}
{{- define "jupyterhub.env" -}}
{{- if kindIs "slice" . -}}
{{- with . }}{{ toYaml . }}{{ end -}}
{{- else -}}
{{- $entries := list -}}
{{- range $name, $value := . -}}
{{- if kindIs "map" $value -}}
{{- $entries = append $entries (merge (dict) $value (dict "name" $name)) -}}
{{- else if kindIs "string" $value -}}
{{- $entries = append $entries (dict "name" $name "value" $value) -}}
{{- else -}}
{{- fail (printf "extraEnv.%s is a %s; give a text in quotes, or an entry with valueFrom" $name (kindOf $value)) -}}
{{- end -}}
{{- end -}}
{{- with $entries }}{{ toYaml . }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* Optional fields of a container. Argument: (list <image> <resources> <securityContext>). */}}
{{- define "jupyterhub.containerBasics" -}}
{{- $image := index . 0 -}}
image: {{ $image.name }}:{{ $image.tag }}
{{- with $image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- with index . 1 }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with index . 2 }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Probes of a container. Argument: (list <livenessProbe> <readinessProbe> <path> <map of port and scheme>). */}}
{{- define "jupyterhub.probes" -}}
{{- $get := dict "httpGet" (merge (dict "path" (index . 2)) (index . 3)) -}}
{{- $probes := dict -}}
{{- if (index . 0).enabled }}{{ $_ := set $probes "livenessProbe" (merge (omit (index . 0) "enabled") $get) }}{{ end -}}
{{- if (index . 1).enabled }}{{ $_ := set $probes "readinessProbe" (merge (omit (index . 1) "enabled") $get) }}{{ end -}}
{{- with $probes }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{/* The fields of a map that are not empty, as YAML, or nothing. Argument: (list <map> "field"...). */}}
{{- define "jupyterhub.fields" -}}
{{- $from := index . 0 -}}
{{- $kept := dict -}}
{{- range $field := rest . -}}
{{- with get $from $field }}{{ $_ := set $kept $field . }}{{ end -}}
{{- end -}}
{{- with $kept }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{/* Where TLS of the proxy ends: "manual" or "secret" in the proxy, "offload" before it, nothing without TLS. */}}
{{- define "jupyterhub.tls" -}}
{{- with .Values.proxy.https }}{{ if and .enabled (has .type (list "manual" "secret" "offload")) }}{{ .type }}{{ end }}{{ end -}}
{{- end -}}
