"""What agents did with their time: occupancy, utilisation, handling time, wrap-up."""
