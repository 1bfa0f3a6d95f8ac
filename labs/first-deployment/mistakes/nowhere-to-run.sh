# fails: pod-ready
sed -i "s/^      containers:/      nodeSelector: { disk: ssd }\n      containers:/" web.yaml
kubectl apply -f web.yaml
