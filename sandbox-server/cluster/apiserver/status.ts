/**
 * Failures in Kubernetes' words: a StatusError carries the metav1.Status the client sees. Constructors follow
 * k8s.io/apimachinery/pkg/api/errors.
 */

/** One entry of `status.details.causes`. */
export interface StatusCause {
  reason: string
  message: string
  field?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

/** metav1.Status as on the wire. */
export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, unknown>
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  code?: number
}

/** Any refusal of the API; `status` goes to the client as it is. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly code: number
  readonly reason: string | undefined
  readonly details: StatusDetails | undefined
  /** metadata of the Status, e.g. a continue token that goes on. */
  metadata: Record<string, unknown> = {}
  /** RBAC refused (rather than admission): such answers carry one header more. */
  fromAuthorization = false

  constructor(code: number, reason: string | undefined, message: string, details?: StatusDetails) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
  }

  get status(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.metadata,
      status: 'Failure',
      message: this.message,
      ...(this.reason === undefined ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    }
  }
}

/** `pods` or `deployments.apps`, as messages name a resource. */
export const qualified = (group: string, name: string): string => (group === '' ? name : `${name}.${group}`)

const withGroup = (group: string): { group?: string } => (group === '' ? {} : { group })

export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message)

export const notFound = (group: string, resource: string, name: string): StatusError =>
  new StatusError(404, 'NotFound', `${qualified(group, resource)} "${name}" not found`, {
    name,
    ...withGroup(group),
    kind: resource,
  })

export const alreadyExists = (group: string, resource: string, name: string): StatusError =>
  new StatusError(409, 'AlreadyExists', `${qualified(group, resource)} "${name}" already exists`, {
    name,
    ...withGroup(group),
    kind: resource,
  })

export const conflict = (group: string, resource: string, name: string, message: string): StatusError =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(group, resource)} "${name}": ${message}`,
    { name, ...withGroup(group), kind: resource },
  )

export const forbidden = (group: string, resource: string, name: string, message: string): StatusError =>
  new StatusError(
    403,
    'Forbidden',
    name === '' ? message : `${qualified(group, resource)} "${name}" is forbidden: ${message}`,
    { ...(name === '' ? {} : { name }), ...withGroup(group), kind: resource },
  )

export const methodNotAllowed = (): StatusError =>
  new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  )

/** 422 with causes; `kind` is the object's kind, e.g. `Deployment`. */
export function invalid(
  group: string,
  kind: string,
  name: string,
  causes: readonly StatusCause[],
): StatusError {
  const lines = causes.map(cause => `${cause.field}: ${cause.message}`)
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`
  return new StatusError(422, 'Invalid', `${qualified(group, kind)} "${name}" is invalid: ${text}`, {
    ...(name === '' ? {} : { name }),
    ...withGroup(group),
    kind,
    causes: [...causes],
  })
}

export const gone = (message: string): StatusError => new StatusError(410, 'Expired', message)

export const internal = (message: string): StatusError =>
  new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ reason: '', message }],
  })
