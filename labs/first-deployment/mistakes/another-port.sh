# fails: service-selects, service-answers
kubectl expose deployment web --port=8080 --target-port=80
