# fails: three-wanted, three-ready
kubectl create deployment web-2 --image=nginx:1.27
kubectl create deployment web-3 --image=nginx:1.27
