kubectl expose deployment web --port=80
