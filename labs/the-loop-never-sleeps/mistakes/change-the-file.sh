# fails: as-declared, rolled-out
sed -i "s/nginx:1.27/nginx:1.25/" web.yaml
kubectl apply -f web.yaml
