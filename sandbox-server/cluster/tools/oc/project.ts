/** Projects, who one is and what runs. */
import type { ApiObject } from '../../apiserver/api.ts'
import { humanDuration } from '../../apiserver/kinds/time.ts'
import { ApiError } from '../kube/client.ts'
import { numberOf, objectOf, objectsOf, stringOf } from '../text/json.ts'
import { stringMap } from '../text/string-map.ts'
import { type Ask, type Cluster, withCluster } from './cluster.ts'
import { rememberProject } from './current-project.ts'

/** `oc project [NAME]` */
export const project = (ask: Ask): Promise<number> =>
  withCluster(ask, async ({ client, namespace, server }) => {
    const { words, streams } = ask
    const [, name] = words.args
    const isShort = words.flags.has('q') || words.flags.has('short')
    if (name === undefined) {
      streams.stdout(isShort ? `${namespace}\n` : `Using project "${namespace}" on server "${server}".\n`)
      return 0
    }
    if (!(await client.find(`/api/v1/namespaces/${name}`))) {
      const names = (await client.list('/api/v1/namespaces')).map(({ metadata }) => `\n* ${metadata.name}`)
      throw new Error(
        `A project named "${name}" does not exist on "${server}".\nYour projects are:${names.join('')}`,
      )
    }
    rememberProject(name, server, words)
    if (isShort) {
      streams.stdout(`${name}\n`)
      return 0
    }
    const said = name === namespace ? 'Already on' : 'Now using'
    streams.stdout(`${said} project "${name}" on server "${server}".\n`)
    return 0
  })

/** `oc projects` */
export const projects = (ask: Ask): Promise<number> =>
  withCluster(ask, async cluster => {
    const { words, streams } = ask
    const names = await projectNames(cluster)
    if (words.flags.has('q') || words.flags.has('short'))
      streams.stdout(names.map(name => `${name}\n`).join(''))
    else {
      const { namespace, server } = cluster
      streams.stdout(`${accessible(names, namespace)}\nUsing project "${namespace}" on server "${server}".\n`)
    }
    return 0
  })

const projectNames = async ({ client }: Cluster): Promise<string[]> =>
  (await client.list('/api/v1/namespaces')).map(({ metadata }) => metadata.name)

function accessible(names: readonly string[], current: string): string {
  if (names.length === 1) return `You have one project on this server: "${names[0]}"\n`
  const list = names.map(name => `${name === current ? '  * ' : '    '}${name}\n`).join('')
  return `You have access to the following projects and can switch between them with 'oc project <projectname>':\n\n${list}`
}

/** `oc login`: whoever has a kubeconfig or a pod's account is logged in; there are no passwords here. */
export const login = (ask: Ask): Promise<number> =>
  withCluster(ask, async cluster => {
    const { words, streams } = ask
    if (words.flags.has('username') || words.flags.has('password') || words.flags.has('token'))
      throw new Error(
        'this cluster has no users with passwords or tokens to log in with: you are logged in already (oc whoami). To act as a ServiceAccount: oc --as=system:serviceaccount:NAMESPACE:NAME …',
      )
    const { namespace, server } = cluster
    streams.stdout(
      `Logged into "${server}" as "${await userName(cluster)}" using existing credentials.\n\n${accessible(await projectNames(cluster), namespace)}\nUsing project "${namespace}".\n`,
    )
    return 0
  })

/** `oc new-project NAME` */
export const newProject = (ask: Ask): Promise<number> =>
  withCluster(ask, async ({ client, server }) => {
    const [, name] = ask.words.args
    if (name === undefined) throw new Error('must have exactly one argument')
    try {
      await client.send('POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name },
      })
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error
      ask.streams.stderr(
        `Error from server (AlreadyExists): project.project.openshift.io "${name}" already exists\n`,
      )
      return 1
    }
    rememberProject(name, server, ask.words)
    ask.streams.stdout(`Now using project "${name}" on server "${server}".

You can add applications to this project with the 'create deployment' command. For example, try:

    oc create deployment hello --image=docker.io/mccutchen/go-httpbin:v2.15.0

`)
    return 0
  })

/** `oc whoami` */
export const whoami = (ask: Ask): Promise<number> =>
  withCluster(ask, async cluster => {
    const { words, streams } = ask
    const { client, server } = cluster
    if (words.flags.has('show-server')) streams.stdout(`${server}\n`)
    else if (words.flags.has('t') || words.flags.has('show-token')) {
      if (client.access.token === undefined) throw new Error('no token is currently in use for this session')
      streams.stdout(`${client.access.token}\n`)
    } else {
      streams.stdout(`${await userName(cluster)}\n`)
    }
    return 0
  })

async function userName({ client }: Cluster): Promise<string> {
  const review = await client.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'SelfSubjectReview',
  })
  return stringOf(objectOf(objectOf(objectOf(review)['status'])['userInfo'])['username'])
}

/** `oc status` */
export const status = (ask: Ask): Promise<number> =>
  withCluster(ask, async ({ client, namespace, server }) => {
    const [services, deployments] = await Promise.all([
      client.list(`/api/v1/namespaces/${namespace}/services`),
      client.list(`/apis/apps/v1/namespaces/${namespace}/deployments`),
    ])
    const selected = (service: ApiObject) => deployments.filter(deployment => isBehind(service, deployment))
    const paragraphs = services.map(service =>
      [serviceLine(service), ...selected(service).flatMap(deploymentLines('  '))].join('\n'),
    )
    const alone = deployments.filter(deployment => !services.some(service => isBehind(service, deployment)))
    paragraphs.push(...alone.map(deployment => deploymentLines('')(deployment).join('\n')))
    const { stdout } = ask.streams
    stdout(`In project ${namespace} on server ${server}\n\n`)
    if (paragraphs.length === 0) {
      stdout(
        "You have no services, deployment configs, or build configs.\nRun 'oc create deployment' to run an image.\n",
      )
      return 0
    }
    stdout(
      `${paragraphs.join('\n\n')}\n\nView details with 'oc describe <resource>/<name>' or list resources with 'oc get all'.\n`,
    )
    return 0
  })

function isBehind(service: ApiObject, deployment: ApiObject): boolean {
  const selector = Object.entries(stringMap(objectOf(service.spec)['selector']))
  const labels = stringMap(objectOf(objectOf(objectOf(deployment.spec)['template'])['metadata'])['labels'])
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value)
}

function serviceLine({ metadata, spec }: ApiObject): string {
  const { clusterIP, ports } = objectOf(spec)
  const all = objectsOf(ports).map(({ port, targetPort }) =>
    targetPort === undefined || targetPort === port
      ? String(numberOf(port))
      : `${numberOf(port)} -> ${String(targetPort)}`,
  )
  const address = `svc/${metadata.name} - ${stringOf(clusterIP)}`
  if (all.length === 0) return address
  return all.length === 1 ? `${address}:${all[0]}` : `${address} ports ${all.join(', ')}`
}

const deploymentLines =
  (indent: string) =>
  ({ metadata, spec, status: own }: ApiObject): string[] => {
    const template = objectOf(objectOf(objectOf(spec)['template'])['spec'])
    const images = objectsOf(template['containers']).map(({ image }) => stringOf(image))
    const { readyReplicas } = objectOf(own)
    const revision = metadata.annotations?.['deployment.kubernetes.io/revision'] ?? '1'
    const age = humanDuration(Date.now() - Date.parse(metadata.creationTimestamp))
    const pods = numberOf(readyReplicas)
    return [
      `${indent}deployment/${metadata.name} deploys ${images.join(', ')}`,
      `${indent}  deployment #${revision} running for ${age} - ${pods} pod${pods === 1 ? '' : 's'}`,
    ]
  }
