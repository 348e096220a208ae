/** Query parameters of writes: dryRun, fieldManager, fieldValidation, and who writes. */
import { invalid } from '../status.ts'
import { invalidValue, notSupported, required } from '../validation/causes.ts'
import type { WriteRequest } from '../write-request.ts'
import type { Exchange, ResourceExchange } from './exchange.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

const FIELD_MANAGER_LIMIT = 128

/** The fieldValidation a client asked for, Warn without one. */
export function fieldValidationOf({ info }: Exchange): FieldValidation {
  const value = info.query.get('fieldValidation') || 'Warn'
  return value === 'Strict' || value === 'Ignore' ? value : 'Warn'
}

/** The write a request asks for; a 422 StatusError for options that mean nothing. `options` names them in messages. */
export function writeRequestOf(
  { exchange, version }: ResourceExchange,
  options: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
): WriteRequest {
  const { query, subresource } = exchange.info
  const causes = []
  const dryRun = query.getAll('dryRun').filter(value => value !== '')
  if (dryRun.some(value => value !== 'All')) {
    causes.push(notSupported('dryRun', dryRun, ['All']))
  }
  const manager = query.get('fieldManager') ?? ''
  if (manager.length > FIELD_MANAGER_LIMIT) {
    causes.push(invalidValue('fieldManager', manager, `may not be more than ${FIELD_MANAGER_LIMIT} bytes`))
  }
  const validation = query.get('fieldValidation') ?? ''
  if (!['', 'Ignore', 'Strict', 'Warn'].includes(validation)) {
    causes.push(notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']))
  }
  if (options === 'PatchOptions') {
    const apply = exchange.header('content-type').startsWith('application/apply-patch')
    if (apply && manager === '') causes.unshift(required('fieldManager', 'is required for apply patch'))
    if (!apply && query.has('force')) {
      causes.unshift({
        reason: 'FieldValueForbidden',
        field: 'force',
        message: 'Forbidden: may not be specified for non-apply patch',
      })
    }
  }
  if (causes.length > 0) throw invalid('meta.k8s.io', options, '', causes)
  return {
    version,
    subresource,
    fieldManager: manager || userAgentManager(exchange.header('user-agent')),
    dryRun: dryRun.includes('All'),
    internal: false,
    warnings: exchange.warnings,
    username: exchange.user.username,
    user: exchange.user,
    isPatch: options === 'PatchOptions',
  }
}

/** What stands before the first slash of the User-Agent names the writer where no fieldManager does. */
const userAgentManager = (agent: string): string =>
  agent.split('/')[0]?.slice(0, FIELD_MANAGER_LIMIT) || 'unknown'
