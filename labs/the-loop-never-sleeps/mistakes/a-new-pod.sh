# fails: set-free, still-three
kubectl run suspect -n shop --image=nginx:1.27 --labels=role=suspect
