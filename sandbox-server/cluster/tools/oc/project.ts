/** Projects, who one is, what runs, and routes. */
import type { ApiObject } from '../../apiserver/api.ts'
import { humanDuration } from '../../apiserver/kinds/time.ts'
import { ApiError } from '../kube/client.ts'
import { numberOf, objectOf, objectsOf, stringOf } from '../text/json.ts'
import { stringMap } from '../text/string-map.ts'
import { type Ask, type Cluster, withCluster } from './cluster.ts'
import { rememberProject } from './current-project.ts'

const OTHERS = "To see projects on another server, pass '--server=<server>'."

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
      const names = (await client.list('/api/v1/namespaces')).map(({ metadata }) => `* ${metadata.name}\n`)
      throw new Error(
        `A project named "${name}" does not exist on "${server}".\nYour projects are:\n${names.join('')}${OTHERS}`,
      )
    }
    rememberProject(name, server, words)
    const said = name === namespace ? 'Already on' : 'Now using'
    streams.stdout(`${said} project "${name}" on server "${server}".\n`)
    return 0
  })

/** `oc projects` */
export const projects = (ask: Ask): Promise<number> =>
  withCluster(ask, async ({ client, namespace, server }) => {
    const names = (await client.list('/api/v1/namespaces')).map(({ metadata }) => metadata.name)
    const list = names.map(name => `${name === namespace ? '  * ' : '    '}${name}\n`).join('')
    ask.streams.stdout(
      `You have access to the following projects and can switch between them with 'oc project <projectname>':\n\n${list}\nUsing project "${namespace}" on server "${server}".\n`,
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
  withCluster(ask, async ({ client, server }) => {
    const { words, streams } = ask
    if (words.flags.has('show-server')) streams.stdout(`${server}\n`)
    else if (words.flags.has('t') || words.flags.has('show-token')) {
      if (client.access.token === undefined) throw new Error('no token is currently in use for this session')
      streams.stdout(`${client.access.token}\n`)
    } else {
      const review = await client.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'SelfSubjectReview',
      })
      const user = objectOf(objectOf(objectOf(review)['status'])['userInfo'])
      streams.stdout(`${stringOf(user['username'])}\n`)
    }
    return 0
  })

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

/** `oc expose svc/NAME [--hostname=HOST] [--name=NAME]` */
export const expose = (ask: Ask): Promise<number> =>
  withCluster(ask, async cluster => {
    const { words, streams } = ask
    const [, first = '', second] = words.args
    const name = first.includes('/') ? first.slice(first.indexOf('/') + 1) : second
    if (name === undefined) throw new Error('which service? oc expose svc/NAME')
    const service = await cluster.client.get(`/api/v1/namespaces/${cluster.namespace}/services/${name}`)
    await createRoute(cluster, service)
    streams.stdout(`route.route.openshift.io/${name} exposed\n`)
    return 0
  })

async function createRoute(
  { client, namespace }: Cluster,
  { metadata: { name, labels }, spec }: ApiObject,
): Promise<void> {
  const [port] = objectsOf(objectOf(spec)['ports'])
  const targetPort = port?.['name'] ?? port?.['targetPort'] ?? port?.['port']
  const route = {
    apiVersion: 'route.openshift.io/v1',
    kind: 'Route',
    metadata: { name, labels },
    spec: { to: { kind: 'Service', name }, ...(targetPort === undefined ? {} : { port: { targetPort } }) },
  }
  try {
    await client.send('POST', `/apis/route.openshift.io/v1/namespaces/${namespace}/routes`, route)
  } catch (error) {
    if (error instanceof ApiError && error.status === 404)
      throw new Error('this cluster has no routes: lead traffic in with a Gateway and a VirtualService')
    throw error
  }
}
