/**
 * Bodies that kubectl 1.35 sends, with the JSON that the same command prints with --dry-run=client -o json; reviews,
 * TokenRequest and debug cannot print theirs, so these were read field by field.
 */
export const KUBECTL_BODIES: readonly { command: string; base64: string; object: unknown }[] = [
  {
    command: 'kubectl create namespace demo2',
    base64: 'azhzAAoPCgJ2MRIJTmFtZXNwYWNlEh0KFQoFZGVtbzISABoAIgAqADIAOABCABIAGgIKABoAIgA=',
    object: {
      kind: 'Namespace',
      apiVersion: 'v1',
      metadata: {
        name: 'demo2',
      },
      spec: {},
      status: {},
    },
  },
  {
    command: 'kubectl create deployment web --image=nginx --replicas=0 --port=80',
    base64:
      'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50ErgBCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEoYBCAASDAoKCgNhcHASA3dlYhpsChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEkwSLgoFbmdpbngSBW5naW54KgAyCgoAEAAYUCIAKgBCAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAaDAgAEAAYACAAKAA4ABoAIgA=',
    object: {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: {
        name: 'web',
        labels: {
          app: 'web',
        },
      },
      spec: {
        replicas: 0,
        selector: {
          matchLabels: {
            app: 'web',
          },
        },
        template: {
          metadata: {
            labels: {
              app: 'web',
            },
          },
          spec: {
            containers: [
              {
                name: 'nginx',
                image: 'nginx',
                ports: [
                  {
                    containerPort: 80,
                  },
                ],
                resources: {},
              },
            ],
          },
        },
        strategy: {},
      },
      status: {},
    },
  },
  {
    command: 'kubectl create deployment two --image=registry.example/a:1 -- sleep 1',
    base64:
      'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EsEBCh8KA3R3bxIAGgAiACoAMgA4AEIAWgoKA2FwcBIDdHdvEo8BCAESDAoKCgNhcHASA3R3bxp1ChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDdHdvElUSNwoBYRIUcmVnaXN0cnkuZXhhbXBsZS9hOjEaBXNsZWVwGgExKgBCAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAaDAgAEAAYACAAKAA4ABoAIgA=',
    object: {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: {
        name: 'two',
        labels: {
          app: 'two',
        },
      },
      spec: {
        replicas: 1,
        selector: {
          matchLabels: {
            app: 'two',
          },
        },
        template: {
          metadata: {
            labels: {
              app: 'two',
            },
          },
          spec: {
            containers: [
              {
                name: 'a',
                image: 'registry.example/a:1',
                command: ['sleep', '1'],
                resources: {},
              },
            ],
          },
        },
        strategy: {},
      },
      status: {},
    },
  },
  {
    command: 'kubectl create service clusterip s1 --tcp=80:8080',
    base64:
      'azhzAAoNCgJ2MRIHU2VydmljZRJmCh0KAnMxEgAaACIAKgAyADgAQgBaCQoDYXBwEgJzMRJBChsKBzgwLTgwODASA1RDUBhQIgcIABCQPxoAKAASCQoDYXBwEgJzMRoAIglDbHVzdGVySVA6AEIAUgBaAGAAaAAaAgoAGgAiAA==',
    object: {
      kind: 'Service',
      apiVersion: 'v1',
      metadata: {
        name: 's1',
        labels: {
          app: 's1',
        },
      },
      spec: {
        ports: [
          {
            name: '80-8080',
            protocol: 'TCP',
            port: 80,
            targetPort: 8080,
          },
        ],
        selector: {
          app: 's1',
        },
        type: 'ClusterIP',
      },
      status: {
        loadBalancer: {},
      },
    },
  },
  {
    command: 'kubectl create service clusterip s2 --tcp=5678 --clusterip=None',
    base64:
      'azhzAAoNCgJ2MRIHU2VydmljZRJoCh0KAnMyEgAaACIAKgAyADgAQgBaCQoDYXBwEgJzMhJDChkKBDU2NzgSA1RDUBiuLCIHCAAQriwaACgAEgkKA2FwcBICczIaBE5vbmUiCUNsdXN0ZXJJUDoAQgBSAFoAYABoABoCCgAaACIA',
    object: {
      kind: 'Service',
      apiVersion: 'v1',
      metadata: {
        name: 's2',
        labels: {
          app: 's2',
        },
      },
      spec: {
        ports: [
          {
            name: '5678',
            protocol: 'TCP',
            port: 5678,
            targetPort: 5678,
          },
        ],
        selector: {
          app: 's2',
        },
        clusterIP: 'None',
        type: 'ClusterIP',
      },
      status: {
        loadBalancer: {},
      },
    },
  },
  {
    command: 'kubectl create service nodeport s3 --tcp=80:http --node-port=30080',
    base64:
      'azhzAAoNCgJ2MRIHU2VydmljZRJqCh0KAnMzEgAaACIAKgAyADgAQgBaCQoDYXBwEgJzMxJFCiAKBzgwLWh0dHASA1RDUBhQIgoIARAAGgRodHRwKIDrARIJCgNhcHASAnMzGgAiCE5vZGVQb3J0OgBCAFIAWgBgAGgAGgIKABoAIgA=',
    object: {
      kind: 'Service',
      apiVersion: 'v1',
      metadata: {
        name: 's3',
        labels: {
          app: 's3',
        },
      },
      spec: {
        ports: [
          {
            name: '80-http',
            protocol: 'TCP',
            port: 80,
            targetPort: 'http',
            nodePort: 30080,
          },
        ],
        selector: {
          app: 's3',
        },
        type: 'NodePort',
      },
      status: {
        loadBalancer: {},
      },
    },
  },
  {
    command: 'kubectl create service externalname s5 --external-name=example.com',
    base64:
      'azhzAAoNCgJ2MRIHU2VydmljZRJXCh0KAnM1EgAaACIAKgAyADgAQgBaCQoDYXBwEgJzNRIyEgkKA2FwcBICczUaACIMRXh0ZXJuYWxOYW1lOgBCAFILZXhhbXBsZS5jb21aAGAAaAAaAgoAGgAiAA==',
    object: {
      kind: 'Service',
      apiVersion: 'v1',
      metadata: {
        name: 's5',
        labels: {
          app: 's5',
        },
      },
      spec: {
        selector: {
          app: 's5',
        },
        type: 'ExternalName',
        externalName: 'example.com',
      },
      status: {
        loadBalancer: {},
      },
    },
  },
  {
    command: 'kubectl create job j1 --image=busybox -- date',
    base64:
      'azhzAAoPCghiYXRjaC92MRIDSm9iEoABChIKAmoxEgAaACIAKgAyADgAQgASYDJeChAKABIAGgAiACoAMgA4AEIAEkoSJwoCajESB2J1c3lib3gaBGRhdGUqAEIAagByAIABAIgBAJABAKIBABoFTmV2ZXIyAEIASgBSAFgAYABoAIIBAIoBAJoBAMIBABoIIAAoADAAOgAaACIA',
    object: {
      kind: 'Job',
      apiVersion: 'batch/v1',
      metadata: {
        name: 'j1',
      },
      spec: {
        template: {
          metadata: {},
          spec: {
            containers: [
              {
                name: 'j1',
                image: 'busybox',
                command: ['date'],
                resources: {},
              },
            ],
            restartPolicy: 'Never',
          },
        },
      },
      status: {},
    },
  },
  {
    command: 'kubectl create configmap cm1 --from-literal=a=b --from-literal=empty= --from-file=latin1',
    base64:
      'azhzAAoPCgJ2MRIJQ29uZmlnTWFwEjcKEwoDY20xEgAaACIAKgAyADgAQgASBgoBYRIBYhIJCgVlbXB0eRIAGg0KBGJpbjISBf/+YmluGgAiAA==',
    object: {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: {
        name: 'cm1',
      },
      data: {
        a: 'b',
        empty: '',
      },
      binaryData: {
        bin2: '//5iaW4=',
      },
    },
  },
  {
    command: 'kubectl create secret generic se1 --from-literal=p=q --from-literal=empty=',
    base64: 'azhzAAoMCgJ2MRIGU2VjcmV0EioKEwoDc2UxEgAaACIAKgAyADgAQgASCQoFZW1wdHkSABIGCgFwEgFxGgAaACIA',
    object: {
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: {
        name: 'se1',
      },
      data: {
        empty: '',
        p: 'cQ==',
      },
    },
  },
  {
    command: 'kubectl create secret docker-registry se3 --docker-username=u --docker-password=p',
    base64:
      'azhzAAoMCgJ2MRIGU2VjcmV0EqMBChMKA3NlMxIAGgAiACoAMgA4AEIAEmwKES5kb2NrZXJjb25maWdqc29uEld7ImF1dGhzIjp7Imh0dHBzOi8vaW5kZXguZG9ja2VyLmlvL3YxLyI6eyJ1c2VybmFtZSI6InUiLCJwYXNzd29yZCI6InAiLCJhdXRoIjoiZFRwdyJ9fX0aHmt1YmVybmV0ZXMuaW8vZG9ja2VyY29uZmlnanNvbhoAIgA=',
    object: {
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: {
        name: 'se3',
      },
      data: {
        '.dockerconfigjson':
          'eyJhdXRocyI6eyJodHRwczovL2luZGV4LmRvY2tlci5pby92MS8iOnsidXNlcm5hbWUiOiJ1IiwicGFzc3dvcmQiOiJwIiwiYXV0aCI6ImRUcHcifX19',
      },
      type: 'kubernetes.io/dockerconfigjson',
    },
  },
  {
    command: 'kubectl create serviceaccount sa1',
    base64: 'azhzAAoUCgJ2MRIOU2VydmljZUFjY291bnQSFQoTCgNzYTESABoAIgAqADIAOABCABoAIgA=',
    object: {
      kind: 'ServiceAccount',
      apiVersion: 'v1',
      metadata: {
        name: 'sa1',
      },
    },
  },
  {
    command: 'kubectl create role r1 --verb=get,list --resource=pods,deployments.apps --resource-name=x',
    base64:
      'azhzAAokChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEgRSb2xlEk8KEgoCcjESABoAIgAqADIAOABCABIWCgNnZXQKBGxpc3QSABoEcG9kcyIBeBIhCgNnZXQKBGxpc3QSBGFwcHMaC2RlcGxveW1lbnRzIgF4GgAiAA==',
    object: {
      kind: 'Role',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: {
        name: 'r1',
      },
      rules: [
        {
          verbs: ['get', 'list'],
          apiGroups: [''],
          resources: ['pods'],
          resourceNames: ['x'],
        },
        {
          verbs: ['get', 'list'],
          apiGroups: ['apps'],
          resources: ['deployments'],
          resourceNames: ['x'],
        },
      ],
    },
  },
  {
    command: 'kubectl create rolebinding rb1 --role=r1 --user=u --group=g --serviceaccount=default:sa1',
    base64:
      'azhzAAorChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEgtSb2xlQmluZGluZxKvAQoTCgNyYjESABoAIgAqADIAOABCABImCgRVc2VyEhlyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvGgF1IgASJwoFR3JvdXASGXJiYWMuYXV0aG9yaXphdGlvbi5rOHMuaW8aAWciABIgCg5TZXJ2aWNlQWNjb3VudBIAGgNzYTEiB2RlZmF1bHQaJQoZcmJhYy5hdXRob3JpemF0aW9uLms4cy5pbxIEUm9sZRoCcjEaACIA',
    object: {
      kind: 'RoleBinding',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: {
        name: 'rb1',
      },
      subjects: [
        {
          kind: 'User',
          apiGroup: 'rbac.authorization.k8s.io',
          name: 'u',
        },
        {
          kind: 'Group',
          apiGroup: 'rbac.authorization.k8s.io',
          name: 'g',
        },
        {
          kind: 'ServiceAccount',
          name: 'sa1',
          namespace: 'default',
        },
      ],
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'Role',
        name: 'r1',
      },
    },
  },
  {
    command: 'kubectl create clusterrole cr1 --verb=get --non-resource-url=/metrics',
    base64:
      'azhzAAorChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEgtDbHVzdGVyUm9sZRImChMKA2NyMRIAGgAiACoAMgA4AEIAEg8KA2dldCoIL21ldHJpY3MaACIA',
    object: {
      kind: 'ClusterRole',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: {
        name: 'cr1',
      },
      rules: [
        {
          verbs: ['get'],
          nonResourceURLs: ['/metrics'],
        },
      ],
    },
  },
  {
    command: 'kubectl create clusterrole cr2 --aggregation-rule=a=b',
    base64:
      'azhzAAorChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEgtDbHVzdGVyUm9sZRIhChMKA2NyMhIAGgAiACoAMgA4AEIAGgoKCAoGCgFhEgFiGgAiAA==',
    object: {
      kind: 'ClusterRole',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: {
        name: 'cr2',
      },
      rules: null,
      aggregationRule: {
        clusterRoleSelectors: [
          {
            matchLabels: {
              a: 'b',
            },
          },
        ],
      },
    },
  },
  {
    command: 'kubectl create clusterrolebinding crb1 --clusterrole=cr1 --group=g',
    base64:
      'azhzAAoyChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEhJDbHVzdGVyUm9sZUJpbmRpbmcSbgoUCgRjcmIxEgAaACIAKgAyADgAQgASJwoFR3JvdXASGXJiYWMuYXV0aG9yaXphdGlvbi5rOHMuaW8aAWciABotChlyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvEgtDbHVzdGVyUm9sZRoDY3IxGgAiAA==',
    object: {
      kind: 'ClusterRoleBinding',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: {
        name: 'crb1',
      },
      subjects: [
        {
          kind: 'Group',
          apiGroup: 'rbac.authorization.k8s.io',
          name: 'g',
        },
      ],
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'cr1',
      },
    },
  },
  {
    command: 'kubectl create quota q1 --hard=cpu=1500m,memory=1G,pods=2',
    base64:
      'azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRJFChIKAnExEgAaACIAKgAyADgAQgASLQoOCgNjcHUSBwoFMTUwMG0KDgoGbWVtb3J5EgQKAjFHCgsKBHBvZHMSAwoBMhoAGgAiAA==',
    object: {
      kind: 'ResourceQuota',
      apiVersion: 'v1',
      metadata: {
        name: 'q1',
      },
      spec: {
        hard: {
          cpu: '1500m',
          memory: '1G',
          pods: '2',
        },
      },
      status: {},
    },
  },
  {
    command:
      'kubectl create ingress i1 --class=nginx --rule=a.example/p*=s1:80,tls=sec --default-backend=s1:http',
    base64:
      'azhzAAofChRuZXR3b3JraW5nLms4cy5pby92MRIHSW5ncmVzcxJyChIKAmkxEgAaACIAKgAyADgAQgASWAoQIg4KAnMxEggKBGh0dHAQABIQCglhLmV4YW1wbGUSA3NlYxorCglhLmV4YW1wbGUSHgocChoKAi9wEgwiCgoCczESBAoAEFAaBlByZWZpeCIFbmdpbngaAgoAGgAiAA==',
    object: {
      kind: 'Ingress',
      apiVersion: 'networking.k8s.io/v1',
      metadata: {
        name: 'i1',
      },
      spec: {
        ingressClassName: 'nginx',
        defaultBackend: {
          service: {
            name: 's1',
            port: {
              name: 'http',
            },
          },
        },
        tls: [
          {
            hosts: ['a.example'],
            secretName: 'sec',
          },
        ],
        rules: [
          {
            host: 'a.example',
            http: {
              paths: [
                {
                  path: '/p',
                  pathType: 'Prefix',
                  backend: {
                    service: {
                      name: 's1',
                      port: {
                        number: 80,
                      },
                    },
                  },
                },
              ],
            },
          },
        ],
      },
      status: {
        loadBalancer: {},
      },
    },
  },
  {
    command: 'kubectl create token sa1 --duration=20m --audience=x',
    base64:
      'azhzAAooChhhdXRoZW50aWNhdGlvbi5rOHMuaW8vdjESDFRva2VuUmVxdWVzdBIgChAKABIAGgAiACoAMgA4AEIAEgYKAXggsAkaBAoAEgAaACIA',
    object: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: {
        audiences: ['x'],
        expirationSeconds: 1200,
        boundObjectRef: null,
      },
      status: {
        token: '',
        expirationTimestamp: null,
      },
    },
  },
  {
    command: 'kubectl auth can-i list pods/log --namespace=demo2',
    base64:
      'azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSPgoQCgASABoAIgAqADIAOABCABIgCh4KBWRlbW8yEgRsaXN0GgAiACoEcG9kczIAOgNsb2caCAgAEgAaACAAGgAiAA==',
    object: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      metadata: {},
      spec: {
        resourceAttributes: {
          namespace: 'demo2',
          verb: 'list',
          resource: 'pods',
          name: 'log',
        },
      },
      status: {
        allowed: false,
      },
    },
  },
  {
    command: 'kubectl auth can-i get /healthz',
    base64:
      'azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSLwoQCgASABoAIgAqADIAOABCABIREg8KCC9oZWFsdGh6EgNnZXQaCAgAEgAaACAAGgAiAA==',
    object: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      metadata: {},
      spec: {
        nonResourceAttributes: {
          path: '/healthz',
          verb: 'get',
        },
      },
      status: {
        allowed: false,
      },
    },
  },
  {
    command: 'kubectl auth can-i --list',
    base64:
      'azhzAAoxChdhdXRob3JpemF0aW9uLms4cy5pby92MRIWU2VsZlN1YmplY3RSdWxlc1JldmlldxIjChAKABIAGgAiACoAMgA4AEIAEgkKB2RlZmF1bHQaBBgAIgAaACIA',
    object: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      metadata: {},
      spec: {
        namespace: 'default',
      },
      status: {
        incomplete: false,
        resourceRules: null,
        nonResourceRules: null,
      },
    },
  },
  {
    command: 'kubectl auth whoami',
    base64:
      'azhzAAotChhhdXRoZW50aWNhdGlvbi5rOHMuaW8vdjESEVNlbGZTdWJqZWN0UmV2aWV3EhoKEAoAEgAaACIAKgAyADgAQgASBgoECgASABoAIgA=',
    object: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
      metadata: {},
      status: {
        userInfo: {},
      },
    },
  },
  {
    command: 'kubectl debug node/node-1 --image=busybox --profile=general --attach=false',
    base64:
      'azhzAAoJCgJ2MRIDUG9kEoYCClkKGm5vZGUtZGVidWdnZXItbm9kZS0xLW1rODU5EgAaACIAKgAyADgAQgBaLQocYXBwLmt1YmVybmV0ZXMuaW8vbWFuYWdlZC1ieRINa3ViZWN0bC1kZWJ1ZxKTAQoSCglob3N0LXJvb3QSBQoDCgEvEkUKCGRlYnVnZ2VyEgdidXN5Ym94KgBCAEoYCglob3N0LXJvb3QQABoFL2hvc3QiADIAagByAIABAIgBAJABAKIBBEZpbGUaBU5ldmVyMgBCAEoAUgZub2RlLTFYAWABaAGCAQCKAQCaAQCyAQ4KABIGRXhpc3RzGgAiAMIBABoTCgAaACIAKgAyAEoAWgByAIgBABoAIgA=',
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'node-debugger-node-1-mk859',
        labels: {
          'app.kubernetes.io/managed-by': 'kubectl-debug',
        },
      },
      spec: {
        volumes: [
          {
            name: 'host-root',
            hostPath: {
              path: '/',
            },
          },
        ],
        containers: [
          {
            name: 'debugger',
            image: 'busybox',
            resources: {},
            volumeMounts: [
              {
                name: 'host-root',
                mountPath: '/host',
              },
            ],
            terminationMessagePolicy: 'File',
          },
        ],
        restartPolicy: 'Never',
        nodeName: 'node-1',
        hostNetwork: true,
        hostPID: true,
        hostIPC: true,
        tolerations: [
          {
            operator: 'Exists',
          },
        ],
      },
      status: {},
    },
  },
]
