/** One HTTP route of a VirtualService (istiod's pkg/config/validation/virtualservice.go). */
import { checkDestination, checkGatewayNames, checkRoute } from './destinations.ts'
import { checkDuration, durationNs } from './durations.ts'
import { append, type GoError } from './go-error.ts'
import { checkHeaderOperations, checkMatchedHeaderName } from './headers.ts'
import {
  checkAuthority,
  checkCors,
  checkDirectResponse,
  checkFault,
  checkMirrorShare,
  checkMirrors,
  checkRedirect,
  checkRetries,
  checkRewrite,
} from './http-actions.ts'
import { checkLabelMap, checkPort, isLabel } from './names.ts'
import { all, error, type Outcome } from './outcome.ts'
import { child, children, count, has, type Message, messageMap, text, textMap, texts } from './reading.ts'
import { checkMatchRegex, checkStringMatch } from './string-match.ts'

/** `delegate`: the VirtualService has no hosts, so another one delegates to it. */
export const checkHttpRoute = (http: Message, delegate: boolean): Outcome => {
  const matches = children(http, 'match')
  const headers = child(http, 'headers')
  const rewrite = child(http, 'rewrite')
  return all(
    error(checkConflicts(http, delegate)),
    error(append(...matches.map(checkMatchConditions), ...matches.map(checkMatchSource))),
    error(checkHeaderOperations(headers)),
    error(checkCors(child(http, 'corsPolicy'))),
    error(checkFault(child(http, 'fault'))),
    checkMirrorShare(http),
    error(checkDestination(child(http, 'mirror'))),
    error(checkMirrors(children(http, 'mirrors'))),
    error(checkRedirect(child(http, 'redirect'), matches)),
    checkDirectResponse(child(http, 'directResponse')),
    error(checkRetries(child(http, 'retries'))),
    error(checkRewrite(rewrite)),
    error(checkAuthority(rewrite, headers)),
    error(checkRoute(children(http, 'route'), true)),
    error(checkDuration(durationNs(http, 'timeout'))),
  )
}

const checkMatchConditions = (match: Message): GoError =>
  append(
    ...messageMap(match, 'headers').flatMap(([name, value]) => [
      checkMatchedHeaderName(name),
      checkStringMatch(value, 'headers'),
    ]),
    ...messageMap(match, 'withoutHeaders').flatMap(([name, value]) => [
      checkMatchedHeaderName(name),
      // `*` stands for presence here.
      text(value, 'regex') === '*' ? undefined : checkStringMatch(value, 'withoutHeaders'),
    ]),
    checkMatchRegex(child(match, 'uri'), 'uri'),
    ...['scheme', 'method', 'authority'].map(field => checkStringMatch(child(match, field), field)),
    ...messageMap(match, 'queryParams').map(([, value]) => checkStringMatch(value, 'queryParams')),
  )

const checkMatchSource = (match: Message): GoError => {
  const namespace = text(match, 'sourceNamespace')
  const port = count(match, 'port')
  return append(
    port === 0 ? undefined : checkPort(port),
    checkLabelMap(textMap(match, 'sourceLabels')),
    checkGatewayNames(texts(match, 'gateways')).error,
    namespace === '' || isLabel(namespace) ? undefined : `sourceNamespace match ${namespace} is invalid`,
  )
}

const checkConflicts = (http: Message, delegate: boolean): GoError => {
  const routed = children(http, 'route').length > 0
  const delegates = has(http, 'delegate')
  if (delegates && !delegate) {
    const name = text(http, 'name')
    return append(
      has(http, 'redirect') ? `root HTTP route ${name} must not specify redirect` : undefined,
      routed ? `root HTTP route ${name} must not specify route` : undefined,
    )
  }
  const mirrors = has(http, 'mirror') && children(http, 'mirrors').length > 0
  return append(
    delegates ? 'delegate HTTP route cannot contain delegate' : undefined,
    ...checkActions(http, routed),
    mirrors ? 'HTTP route cannot contain both mirror and mirrors' : undefined,
  )
}

const checkActions = (http: Message, routed: boolean): GoError[] => {
  const action = ['redirect', 'directResponse'].find(field => has(http, field))
  if (!action) return routed ? [] : ['HTTP route, redirect or direct_response is required']
  const name = action === 'redirect' ? 'redirect' : 'direct_response'
  return [
    routed ? `HTTP route cannot contain both route and ${name}` : undefined,
    has(http, 'fault') ? `HTTP route cannot contain both fault and ${name}` : undefined,
    has(http, 'rewrite') ? `HTTP route rule cannot contain both rewrite and ${name}` : undefined,
    action === 'redirect' && has(http, 'directResponse')
      ? 'HTTP route rule cannot contain both direct_response and redirect'
      : undefined,
  ]
}
