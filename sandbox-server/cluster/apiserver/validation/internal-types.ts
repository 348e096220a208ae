/**
 * Types of the API server's internal version, field by field in Go's order: errors show objects in this form rather
 * than in the one that was sent (k8s.io/kubernetes/pkg/apis/core/types.go has no JSON names, so Go's are printed).
 *
 * A line is `Type: Field Field …`. A bare field holds text, `Field:0` a number, `Field:false` a truth value, `Field:?`
 * a pointer, list or map of plain values, `Field:T` a struct, `Field:*T` a pointer to one, `Field:[T]` a list of them;
 * `+T` puts a struct's fields into its parent. `(json)` is another JSON name than follows from Go's.
 */
export const INTERNAL_TYPES = `
PodSpec: Volumes:[Volume] InitContainers:[Container] Containers:[Container] EphemeralContainers:[EphemeralContainer]
  RestartPolicy TerminationGracePeriodSeconds:? ActiveDeadlineSeconds:? DNSPolicy NodeSelector:? ServiceAccountName
  AutomountServiceAccountToken:? NodeName SecurityContext:*PodSecurityContext ImagePullSecrets:[LocalObjectReference]
  Hostname Subdomain SetHostnameAsFQDN:? Affinity:*Affinity SchedulerName Tolerations:[Toleration]
  HostAliases:[HostAlias] PriorityClassName Priority:? PreemptionPolicy:? DNSConfig:*PodDNSConfig
  ReadinessGates:[PodReadinessGate] RuntimeClassName:? Overhead:? EnableServiceLinks:?
  TopologySpreadConstraints:[TopologySpreadConstraint] OS:*PodOS SchedulingGates:[PodSchedulingGate]
  ResourceClaims:[PodResourceClaim] Resources:*ResourceRequirements HostnameOverride:? WorkloadRef:?
PodOS: Name
PodReadinessGate: ConditionType
PodSchedulingGate: Name
PodResourceClaim: Name ResourceClaimName:? ResourceClaimTemplateName:?
LocalObjectReference: Name
PodSecurityContext: HostNetwork:false HostPID:false HostIPC:false ShareProcessNamespace:? HostUsers:?
  SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsOptions RunAsUser:? RunAsGroup:? RunAsNonRoot:?
  SupplementalGroups:? SupplementalGroupsPolicy:? FSGroup:? FSGroupChangePolicy:? Sysctls:[Sysctl]
  SeccompProfile:*SeccompProfile AppArmorProfile:*SeccompProfile SELinuxChangePolicy:?
Sysctl: Name Value
SELinuxOptions: User Role Type Level
WindowsOptions: GMSACredentialSpecName:? GMSACredentialSpec:? RunAsUserName:? HostProcess:?
SeccompProfile: Type LocalhostProfile:?
SecurityContext: Capabilities:*Capabilities Privileged:? SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsOptions
  RunAsUser:? RunAsGroup:? RunAsNonRoot:? ReadOnlyRootFilesystem:? AllowPrivilegeEscalation:? ProcMount:?
  SeccompProfile:*SeccompProfile AppArmorProfile:*SeccompProfile
Capabilities: Add:? Drop:?
Container: Name Image Command:? Args:? WorkingDir Ports:[ContainerPort] EnvFrom:[EnvFromSource] Env:[EnvVar]
  Resources:ResourceRequirements ResizePolicy:[ContainerResizePolicy] RestartPolicy:?
  RestartPolicyRules:[ContainerRestartRule] VolumeMounts:[VolumeMount] VolumeDevices:[VolumeDevice]
  LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath
  TerminationMessagePolicy ImagePullPolicy SecurityContext:*SecurityContext Stdin:false StdinOnce:false TTY:false
EphemeralContainer: +Container TargetContainerName
ContainerPort: Name HostPort:0 ContainerPort:0 Protocol HostIP
ContainerResizePolicy: ResourceName RestartPolicy
ContainerRestartRule: Action ExitCodes:*ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes: Operator Values:?
EnvFromSource: Prefix ConfigMapRef:*OptionalReference SecretRef:*OptionalReference
OptionalReference: Name Optional:?
EnvVar: Name Value ValueFrom:*EnvVarSource
EnvVarSource: FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector ConfigMapKeyRef:*KeySelector
  SecretKeyRef:*KeySelector FileKeyRef:*FileKeySelector
ObjectFieldSelector: APIVersion FieldPath
ResourceFieldSelector: ContainerName Resource Divisor:quantity
KeySelector: Name Key Optional:?
FileKeySelector: VolumeName Path Key Optional:?
ResourceRequirements: Limits:? Requests:? Claims:[ResourceClaim]
ResourceClaim: Name Request
VolumeMount: Name ReadOnly:false RecursiveReadOnly:? MountPath SubPath MountPropagation:? SubPathExpr
VolumeDevice: Name DevicePath
Probe: +ProbeHandler InitialDelaySeconds:0 TimeoutSeconds:0 PeriodSeconds:0 SuccessThreshold:0 FailureThreshold:0
  TerminationGracePeriodSeconds:?
ProbeHandler: Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction GRPC:*GRPCAction
Lifecycle: PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal:?
LifecycleHandler: Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction Sleep:*SleepAction
ExecAction: Command:?
HTTPGetAction: Path Port:0 Host Scheme HTTPHeaders:[HTTPHeader]
HTTPHeader: Name Value
TCPSocketAction: Port:0 Host
GRPCAction: Port:0 Service:?
SleepAction: Seconds:0
Volume: Name +VolumeSource
VolumeSource: HostPath:*HostPathVolumeSource EmptyDir:*EmptyDirVolumeSource GCEPersistentDisk:? AWSElasticBlockStore:?
  GitRepo:? Secret:*SecretVolumeSource NFS:*NFSVolumeSource ISCSI:? Glusterfs:?
  PersistentVolumeClaim:*PersistentVolumeClaimVolumeSource RBD:? Quobyte:? FlexVolume:? Cinder:? CephFS(cephfs):?
  Flocker:? DownwardAPI:*DownwardAPIVolumeSource FC:? AzureFile:? ConfigMap:*ConfigMapVolumeSource VsphereVolume:?
  AzureDisk:? PhotonPersistentDisk:? Projected:*ProjectedVolumeSource PortworxVolume:? ScaleIO:?
  StorageOS(storageos):? CSI:*CSIVolumeSource Ephemeral:? Image:*ImageVolumeSource
HostPathVolumeSource: Path Type:?
EmptyDirVolumeSource: Medium SizeLimit:?
SecretVolumeSource: SecretName Items:[KeyToPath] DefaultMode:? Optional:?
ConfigMapVolumeSource: Name Items:[KeyToPath] DefaultMode:? Optional:?
KeyToPath: Key Path Mode:?
NFSVolumeSource: Server Path ReadOnly:false
PersistentVolumeClaimVolumeSource: ClaimName ReadOnly:false
CSIVolumeSource: Driver ReadOnly:? FSType:? VolumeAttributes:? NodePublishSecretRef:*LocalObjectReference
ImageVolumeSource: Reference PullPolicy
DownwardAPIVolumeSource: Items:[DownwardAPIVolumeFile] DefaultMode:?
DownwardAPIVolumeFile: Path FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode:?
ProjectedVolumeSource: Sources:[VolumeProjection] DefaultMode:?
VolumeProjection: Secret:*ItemsProjection DownwardAPI:*DownwardAPIProjection ConfigMap:*ItemsProjection
  ServiceAccountToken:*ServiceAccountTokenProjection ClusterTrustBundle:*ClusterTrustBundleProjection
  PodCertificate:?
ItemsProjection: Name Items:[KeyToPath] Optional:?
DownwardAPIProjection: Items:[DownwardAPIVolumeFile]
ServiceAccountTokenProjection: Audience ExpirationSeconds:0 Path
ClusterTrustBundleProjection: Name:? SignerName:? LabelSelector:? Optional:? Path
Affinity: NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAffinity
NodeAffinity: RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector
  PreferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm]
NodeSelector: NodeSelectorTerms:[NodeSelectorTerm]
NodeSelectorTerm: MatchExpressions:[NodeSelectorRequirement] MatchFields:[NodeSelectorRequirement]
NodeSelectorRequirement: Key Operator Values:?
PreferredSchedulingTerm: Weight:0 Preference:NodeSelectorTerm
PodAffinity: RequiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
  PreferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
WeightedPodAffinityTerm: Weight:0 PodAffinityTerm:PodAffinityTerm
PodAffinityTerm: LabelSelector:? Namespaces:? TopologyKey NamespaceSelector:? MatchLabelKeys:? MismatchLabelKeys:?
Toleration: Key Operator Value Effect TolerationSeconds:?
TopologySpreadConstraint: MaxSkew:0 TopologyKey WhenUnsatisfiable LabelSelector:? MinDomains:? NodeAffinityPolicy:?
  NodeTaintsPolicy:? MatchLabelKeys:?
HostAlias: IP Hostnames:?
PodDNSConfig: Nameservers:? Searches:? Options:[PodDNSConfigOption]
PodDNSConfigOption: Name Value:?
RoleRef: APIGroup Kind Name
`
