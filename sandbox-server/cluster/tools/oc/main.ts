/** oc: kubectl under OpenShift's name, and the words of OpenShift's that the lessons use. */
import { standardStreams } from '../cli/streams.ts'
import { adm } from './adm.ts'
import { runKubectl } from './kubectl.ts'
import { login, newProject, project, projects, status, whoami } from './project.ts'
import { refuse, USAGE } from './refuse.ts'
import { createRoute, describeRoutes, expose } from './route.ts'
import { parseWords, type Words } from './words.ts'

/** Words that mean the same to both. */
const KUBECTL = new Set(
  'annotate api-resources api-versions apply attach auth autoscale certificate cluster-info completion config cp create debug delete describe diff edit events exec explain get kustomize label logs options patch port-forward proxy replace rollout run scale set wait'.split(
    ' ',
  ),
)

async function main(argv: readonly string[]): Promise<number> {
  const streams = standardStreams()
  const words = parseWords(argv)
  const [verb, first] = words.args
  const ask = { words, streams }
  switch (verb) {
    case undefined:
    case 'help':
      streams.stdout(USAGE)
      return 0
    case 'version':
      streams.stdout('oc of this sandbox: kubectl, and the words of OpenShift the lessons use\n')
      return runKubectl(argv)
    case 'project':
      return project(ask)
    case 'projects':
      return projects(ask)
    case 'new-project':
      return newProject(ask)
    case 'login':
      return login(ask)
    case 'whoami':
      return whoami(ask)
    case 'status':
      return status(ask)
    case 'adm':
      return adm(ask, argv)
    case 'rsh':
      return runKubectl(remoteShell(words, argv))
    case 'expose':
      return /^(svc|services?)(\/|$)/.test(first ?? '') ? expose(ask) : runKubectl(argv)
    case 'create':
      return first === 'route' ? createRoute(ask) : runKubectl(argv)
    case 'describe':
      return /^routes?(\.route\.openshift\.io)?(\/|$)/.test(first ?? '')
        ? describeRoutes(ask)
        : runKubectl(argv)
  }
  if (!KUBECTL.has(verb)) throw refuse(verb)
  return runKubectl(first === undefined ? argv : argv.with(argv.indexOf(first), asKubectlSays(verb, first)))
}

/** Projects are namespaces, and on OpenShift routes are among all of a project's objects. */
function asKubectlSays(verb: string, resource: string): string {
  if (verb === 'get' && resource === 'all') return 'all,routes.route.openshift.io'
  return KIND_FIRST.has(verb) ? resource.replace(/^projects?(?=$|\/)/, 'namespaces') : resource
}

/** Verbs whose first word is a kind. */
const KIND_FIRST = new Set(['get', 'describe', 'delete', 'edit', 'label', 'annotate', 'patch', 'explain'])

/** `oc rsh [-c CONTAINER] POD [COMMAND]` */
function remoteShell({ args }: Words, argv: readonly string[]): string[] {
  const [, pod = '', ...command] = args
  const flags = argv.slice(0, argv.indexOf(pod)).filter(word => word !== 'rsh')
  return [
    'exec',
    ...(process.stdin.isTTY ? ['-it'] : ['-i']),
    ...flags,
    pod,
    '--',
    ...(command.length > 0 ? command : ['/bin/sh']),
  ]
}

main(process.argv.slice(2)).then(
  exitCode => {
    process.exitCode = exitCode
  },
  (error: Error) => {
    process.stderr.write(`error: ${error.message}\n`)
    process.exitCode = 1
  },
)
