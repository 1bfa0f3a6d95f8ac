kubectl patch deployment web --type=json -p '[{"op":"remove","path":"/spec/template/spec/nodeSelector"},{"op":"replace","path":"/spec/replicas","value":4}]'
kubectl rollout status deployment/web
