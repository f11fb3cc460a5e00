"""What is proven in the lab about a hub before it costs anything."""
