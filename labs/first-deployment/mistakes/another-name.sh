# fails: service-selects, service-answers
kubectl expose deployment web --port=80 --name=www
