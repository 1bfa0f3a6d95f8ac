import type { ResourceDefinition } from '../api';
import { APIService } from './apiservice';
import { CertificateSigningRequest } from './certificatesigningrequest';
import { ClusterRole } from './clusterrole';
import { ClusterRoleBinding } from './clusterrolebinding';
import { ComponentStatus } from './componentstatus';
import { ConfigMap } from './configmap';
import { ControllerRevision } from './controllerrevision';
import { CronJob } from './cronjob';
import { CSIDriver } from './csidriver';
import { CSINode } from './csinode';
import { CSIStorageCapacity } from './csistoragecapacity';
import { CustomResourceDefinition } from './customresourcedefinition';
import { DaemonSet } from './daemonset';
import { Deployment } from './deployment';
import { DeviceClass } from './deviceclass';
import { Endpoints } from './endpoints';
import { EndpointSlice } from './endpointslice';
import { Event, EventsEvent } from './event';
import { FlowSchema } from './flowschema';
import { FirstHorizontalPodAutoscaler, HorizontalPodAutoscaler } from './horizontalpodautoscaler';
import { Ingress } from './ingress';
import { IngressClass } from './ingressclass';
import { IPAddress } from './ipaddress';
import { Job } from './job';
import { Lease } from './lease';
import { MutatingAdmissionPolicy } from './mutatingadmissionpolicy';
import { MutatingAdmissionPolicyBinding } from './mutatingadmissionpolicybinding';
import { MutatingWebhookConfiguration } from './mutatingwebhookconfiguration';
import { LimitRange } from './limitrange';
import { Namespace } from './namespace';
import { NetworkPolicy } from './networkpolicy';
import { Node } from './node';
import { PersistentVolume } from './persistentvolume';
import { PersistentVolumeClaim } from './persistentvolumeclaim';
import { Pod } from './pod';
import { PodDisruptionBudget } from './poddisruptionbudget';
import { PodTemplate } from './podtemplate';
import { PriorityClass } from './priorityclass';
import { PriorityLevelConfiguration } from './prioritylevelconfiguration';
import { ReplicaSet } from './replicaset';
import { ReplicationController } from './replicationcontroller';
import { ResourceClaim } from './resourceclaim';
import { ResourceClaimTemplate } from './resourceclaimtemplate';
import { ResourceQuota } from './resourcequota';
import { ResourceSlice } from './resourceslice';
import { Role } from './role';
import { RoleBinding } from './rolebinding';
import { RuntimeClass } from './runtimeclass';
import { Secret } from './secret';
import { Service } from './service';
import { ServiceAccount } from './serviceaccount';
import { ServiceCIDR } from './servicecidr';
import { StatefulSet } from './statefulset';
import { StorageClass } from './storageclass';
import { ValidatingAdmissionPolicy } from './validatingadmissionpolicy';
import { ValidatingAdmissionPolicyBinding } from './validatingadmissionpolicybinding';
import { ValidatingWebhookConfiguration } from './validatingwebhookconfiguration';
import { VolumeAttachment } from './volumeattachment';
import { VolumeAttributesClass } from './volumeattributesclass';

/** Every kind a fresh API server serves, in the order of `kubectl api-resources`. */
export const builtInResources: readonly ResourceDefinition<any>[] = [
  ComponentStatus,
  ConfigMap,
  Endpoints,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolumeClaim,
  PersistentVolume,
  Pod,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  ServiceAccount,
  Service,
  APIService,
  ControllerRevision,
  DaemonSet,
  Deployment,
  ReplicaSet,
  StatefulSet,
  HorizontalPodAutoscaler,
  FirstHorizontalPodAutoscaler,
  CronJob,
  Job,
  CertificateSigningRequest,
  Lease,
  EndpointSlice,
  EventsEvent,
  PodDisruptionBudget,
  IngressClass,
  Ingress,
  IPAddress,
  NetworkPolicy,
  ServiceCIDR,
  RuntimeClass,
  ClusterRoleBinding,
  ClusterRole,
  RoleBinding,
  Role,
  ValidatingWebhookConfiguration,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  FlowSchema,
  PriorityLevelConfiguration,
  DeviceClass,
  ResourceClaim,
  ResourceClaimTemplate,
  ResourceSlice,
  CustomResourceDefinition,
  PriorityClass,
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
];
