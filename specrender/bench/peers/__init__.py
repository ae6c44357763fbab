"""Other renderers, as contestants: used where they are installed, told about in one line where they are not."""
