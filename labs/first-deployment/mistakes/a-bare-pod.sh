# fails: deployment-applied, pod-ready
kubectl run web --image=nginx:1.27 --labels=app=web
