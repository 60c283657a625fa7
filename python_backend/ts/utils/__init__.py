"""What handlers share: label files, class look-up, exceptions with a status."""
