# fails: open-to-outside
kubectl patch service web -p '{"spec":{"type":"LoadBalancer"}}'
