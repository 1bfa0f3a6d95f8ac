# fails: three-wanted, three-ready
sed -i "s/replicas: 1/replicas: 3/" web.yaml
