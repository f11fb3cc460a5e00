{{/* Affinity of a user's pod, or nothing: the values' own terms, and the nodes meant for users. */}}
{{- define "jupyterhub.userAffinity" -}}
{{- $user := .Values.singleuser -}}
{{- $match := .Values.scheduling.userPods.nodeAffinity.matchNodePurpose -}}
{{- $purpose := dict "key" "hub.jupyter.org/node-purpose" "operator" "In" "values" (list "user") -}}
{{- $term := dict "matchExpressions" (list $purpose) -}}
{{- $terms := $user.extraNodeAffinity.required -}}
{{- $wishes := $user.extraNodeAffinity.preferred -}}
{{- if eq $match "require" }}{{ $terms = prepend $terms $term }}{{ end -}}
{{- if eq $match "prefer" }}{{ $wishes = prepend $wishes (dict "weight" 100 "preference" $term) }}{{ end -}}
{{- $must := "requiredDuringSchedulingIgnoredDuringExecution" -}}
{{- $should := "preferredDuringSchedulingIgnoredDuringExecution" -}}
{{- $node := dict -}}
{{- with $terms }}{{ $_ := set $node $must (dict "nodeSelectorTerms" .) }}{{ end -}}
{{- with $wishes }}{{ $_ := set $node $should . }}{{ end -}}
{{- $affinity := dict "nodeAffinity" $node -}}
{{- range $kind, $extra := dict "podAffinity" $user.extraPodAffinity "podAntiAffinity" $user.extraPodAntiAffinity -}}
{{- $pods := dict $must $extra.required $should $extra.preferred -}}
{{- $_ := set $affinity $kind (include "jupyterhub.fields" (list $pods $must $should) | fromYaml) -}}
{{- end -}}
{{- include "jupyterhub.fields" (list $affinity "nodeAffinity" "podAffinity" "podAntiAffinity") -}}
{{- end -}}
