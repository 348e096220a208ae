/** What a request's path and query mean (k8s.io/apiserver/pkg/endpoints/request.RequestInfo). */

export interface RequestInfo {
  path: string
  query: URLSearchParams
  /** False for /healthz, /version, discovery … */
  isResource: boolean
  verb: string
  group: string
  version: string
  namespace: string | undefined
  resource: string
  name: string | undefined
  subresource: string
  /** What follows the subresource, e.g. of `pods/x/proxy/a/b`. */
  rest: string[]
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    if (error instanceof URIError) return part
    throw error
  }
}

/** Reads method and URL. A namespace itself is resource `namespaces` with its name. */
export function requestInfo(method: string, url: string): RequestInfo {
  const question = url.indexOf('?')
  const path = question < 0 ? url : url.slice(0, question)
  const query = new URLSearchParams(question < 0 ? '' : url.slice(question + 1))
  const parts = path
    .split('/')
    .filter(part => part !== '')
    .map(decode)
  const none: RequestInfo = {
    path,
    query,
    isResource: false,
    verb: method.toLowerCase() === 'head' ? 'get' : method.toLowerCase(),
    group: '',
    version: '',
    namespace: undefined,
    resource: '',
    name: undefined,
    subresource: '',
    rest: [],
  }
  const core = parts[0] === 'api'
  if (!core && parts[0] !== 'apis') return none
  const prefix = core ? 2 : 3
  if (parts.length <= prefix) return none
  const group = core ? '' : (parts[1] ?? '')
  const version = parts[prefix - 1] ?? ''
  let rest = parts.slice(prefix)
  let namespace: string | undefined
  if (rest[0] === 'namespaces' && rest.length > 1) {
    namespace = rest[1]
    if (rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize') rest = rest.slice(2)
  }
  const [resource = '', name, subresource = '', ...further] = rest
  const watching = query.get('watch')
  const collection = name === undefined
  let verb = VERBS[method] ?? method.toLowerCase()
  if (verb === 'get' && collection)
    verb = watching && watching !== 'false' && watching !== '0' ? 'watch' : 'list'
  if (verb === 'delete' && collection) verb = 'deletecollection'
  return {
    ...none,
    isResource: true,
    verb,
    group,
    version,
    namespace: resource === 'namespaces' && group === '' ? name : namespace,
    resource,
    name,
    subresource,
    rest: further,
  }
}
