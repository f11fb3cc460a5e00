"""The traits that BinderHub knows, by class: what may stand under `config.<Class>`.

The charts' schemas leave `config` open, so a misspelt trait would be ignored without a word.
Read from the application itself: `SERVICE` is BinderHub as in the image of the pinned
binderhub-service chart (March 2025), `CLASSIC` as in that of the pinned classic chart (April 2026).
https://github.com/jupyterhub/binderhub; classes: https://binderhub.readthedocs.io/en/latest/reference/ref-index.html
Names only; types and defaults are BinderHub's. Classes of its tests are left out.
"""

from __future__ import annotations

_BOTH: dict[str, str] = {
    "BinderHub": (
        "about_message appendix auth_enabled badge_base_url ban_networks banner_message "
        "base_url build_class build_cleaner_class build_cleanup_interval "
        "build_docker_config build_docker_host build_image build_max_age "
        "build_memory_limit build_memory_request build_namespace build_node_selector "
        "build_token_check_origin build_token_expires_seconds build_token_secret "
        "builder_required concurrent_build_limit config_file cors_allow_origin debug "
        "default_opengraph_title enable_api_only_mode executor_threads "
        "extra_footer_scripts extra_static_path extra_static_url_prefix "
        "google_analytics_code google_analytics_domain health_handler_class hub_api_token "
        "hub_url hub_url_local image_prefix launch_quota_class log_datefmt log_format "
        "log_level log_tail_lines logging_config normalized_origin per_repo_quota "
        "per_repo_quota_higher pod_quota port push_secret registry_class repo_providers "
        "show_config show_config_json sticky_builds template_path template_variables "
        "tornado_settings use_registry"
    ),
    "BinderSpawnerMixin": "auth_enabled cors_allow_origin",
    "BuildExecutor": (
        "appendix builder_info git_credentials memory_limit push_secret "
        "registry_credentials repo2docker_extra_args"
    ),
    "CKANProvider": "allowed_specs banned_specs git_credentials high_quota_specs spec_config",
    "DataverseProvider": "allowed_specs banned_specs git_credentials high_quota_specs spec_config",
    "DockerRegistry": "auth_config_url docker_config_path not_found_401 password token_url url username",
    "EventLog": "handlers_maker",
    "ExternalRegistryHelper": (
        "auth_config_url auth_token docker_config_path not_found_401 password service_url "
        "token_url url username"
    ),
    "FigshareProvider": "allowed_specs banned_specs git_credentials high_quota_specs spec_config",
    "GistRepoProvider": (
        "access_token allow_secret_gist allowed_specs api_base_path banned_specs "
        "client_id client_secret git_credentials high_quota_specs spec_config"
    ),
    "GitHubRepoProvider": (
        "access_token allowed_specs api_base_path banned_specs client_id client_secret "
        "git_credentials high_quota_specs hostname spec_config"
    ),
    "GitLabRepoProvider": (
        "access_token allowed_specs banned_specs git_credentials high_quota_specs "
        "hostname private_token spec_config"
    ),
    "GitRepoProvider": (
        "allowed_protocols allowed_specs banned_specs git_credentials high_quota_specs spec_config"
    ),
    "HydroshareProvider": "allowed_specs banned_specs git_credentials high_quota_specs spec_config",
    "KubernetesBuildExecutor": (
        "appendix build_image builder_info docker_host extra_envs git_credentials "
        "image_pull_secrets log_tail_lines memory_limit memory_request namespace "
        "node_selector push_secret registry_credentials repo2docker_extra_args "
        "sticky_builds"
    ),
    "KubernetesCleaner": "max_age",
    "KubernetesLaunchQuota": "namespace total_quota",
    "LaunchQuota": "total_quota",
    "Launcher": (
        "allow_named_servers launch_timeout named_server_limit_per_user pre_launch_hook "
        "retries retry_delay"
    ),
    "RateLimiter": "clean_seconds limit period_seconds",
    "RepoProvider": "allowed_specs banned_specs git_credentials high_quota_specs spec_config",
    "ZenodoProvider": "allowed_specs banned_specs git_credentials high_quota_specs spec_config",
}
_SERVICE_ONLY: dict[str, str] = {}
_CLASSIC_ONLY: dict[str, str] = {
    "BinderHub": "extra_header_html",
    "GoogleArtifactRegistry": "auth_config_url docker_config_path not_found_401 password token_url url username",
    "KubernetesBuildExecutor": "resources",
}


def _table(*parts: dict[str, str]) -> dict[str, frozenset[str]]:
    return {
        name: frozenset(trait for part in parts for trait in part.get(name, "").split())
        for name in sorted({name for part in parts for name in part})
    }


SERVICE: dict[str, frozenset[str]] = _table(_BOTH, _SERVICE_ONLY)
CLASSIC: dict[str, frozenset[str]] = _table(_BOTH, _CLASSIC_ONLY)

SPAWNER = frozenset({"auth_enabled", "cors_allow_origin"})
"""Traits of the spawner mixin in the hub (`hub.config.BinderSpawnerMixin`)."""
