# fails: deployment-applied
kubectl create deployment web --image=httpd:2.4
