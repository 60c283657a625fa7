"""Set up models that are spread over several processes; torchrun starts these where the yaml says ``parallelType``."""
