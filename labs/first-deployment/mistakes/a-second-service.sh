# fails: open-to-outside, answers-outside
kubectl create service nodeport web-outside --tcp=80:80
