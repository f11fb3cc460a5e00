{{/*
A secret value: the one given, else the one already in Secret hub, else 64 random hex digits.
Argument: (list $ "key in the Secret" <given or empty>). Rendered without a cluster, an ungiven
one is new every time.
*/}}
{{- define "jupyterhub.secretValue" -}}
{{- $root := index . 0 -}}
{{- $key := index . 1 -}}
{{- if index . 2 -}}
{{- index . 2 -}}
{{- else -}}
{{- $kept := lookup "v1" "Secret" $root.Release.Namespace (include "jupyterhub.name" (list $root "hub")) -}}
{{- get (get $kept "data" | default dict) $key | b64dec | default (randAlphaNum 64 | sha256sum) -}}
{{- end -}}
{{- end -}}

{{/* The token given for the hub to command the proxy, or nothing. */}}
{{- define "jupyterhub.givenProxyToken" -}}
{{- dig "ConfigurableHTTPProxy" "auth_token" "" .Values.hub.config | default .Values.proxy.secretToken | default "" -}}
{{- end -}}

{{/* extraFiles as the "data" of a Secret: each file is given as text, as base64 or as data to write in its own format. */}}
{{- define "jupyterhub.files" -}}
{{- range $key, $file := . -}}
{{- $content := "" -}}
{{- if $file.binaryData -}}
{{- $content = $file.binaryData | nospace -}}
{{- else if $file.stringData -}}
{{- $content = $file.stringData | b64enc -}}
{{- else if regexMatch "\\.ya?ml$" $file.mountPath -}}
{{- $content = $file.data | toYaml | b64enc -}}
{{- else if hasSuffix ".json" $file.mountPath -}}
{{- $content = $file.data | toJson | b64enc -}}
{{- else if hasSuffix ".toml" $file.mountPath -}}
{{- $content = $file.data | toToml | b64enc -}}
{{- else -}}
{{- fail (printf "extraFiles.%s: data can be written as .yaml, .yml, .json or .toml; mountPath is %s" $key $file.mountPath) -}}
{{- end }}
{{ $key | quote }}: {{ $content | quote }}
{{- end -}}
{{- end -}}

{{/* Items of the volume that carries extraFiles. */}}
{{- define "jupyterhub.fileItems" -}}
{{- $items := list -}}
{{- range $key, $file := . -}}
{{- $item := dict "key" $key "path" $key -}}
{{- with $file.mode }}{{ $_ := set $item "mode" (int .) }}{{ end -}}
{{- $items = append $items $item -}}
{{- end -}}
{{- toYaml $items -}}
{{- end -}}
