"""Mail: by SMTP, and into a folder."""
