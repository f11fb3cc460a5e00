"""Real failures, provoked one by one, of the real engine, helm and API server."""
