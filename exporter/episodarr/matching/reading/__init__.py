"""Read the names of files and folders: titles, numbers, seasons, dates, and what is technical."""
