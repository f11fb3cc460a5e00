# Runs inside BinderHub (extraConfig): sends an event for each launch to Google Cloud Logging.
#
# Credentials: GOOGLE_APPLICATION_CREDENTIALS, which the chart sets when it was given a key.
# The class is EventLog; configuration for "EventLogger" is silently ignored.
def launch_event_handlers(event_log):
    import os

    import google.cloud.logging
    import google.cloud.logging.handlers

    log_name = os.environ["BINDERHUB_LAUNCH_EVENTS_LOG"]
    client = google.cloud.logging.Client()
    return [google.cloud.logging.handlers.CloudLoggingHandler(client, name=log_name)]


c.EventLog.handlers_maker = launch_event_handlers
