# fails: service-answers
kubectl expose deployment web --port=80 --target-port=8080
