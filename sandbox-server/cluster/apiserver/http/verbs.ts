/** The verbs a kind allows. */
import type { Kind } from '../kinds/kind.ts'

const DEFAULT_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** What discovery says and the router allows. */
export const verbsOf = (kind: Kind): readonly string[] => kind.verbs ?? DEFAULT_VERBS
