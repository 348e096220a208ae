/** What comes with every write besides the object. */
import type { UserInfo } from './auth/user.ts'

/** Who writes and how; made by the HTTP handler, or by `internalRequest` for parts of the cluster. */
export interface WriteRequest {
  /** The version the client speaks, for managedFields. */
  version: string
  subresource: string
  fieldManager: string | undefined
  dryRun: boolean
  internal: boolean
  warnings: string[]
  /** The user's name, absent for parts of the cluster. */
  username?: string
  user?: UserInfo
  /** Set when the caller has already computed managedFields (server-side apply). */
  managedFieldsDone?: boolean
  /** A patch: what it must not change is invalid rather than in conflict. */
  isPatch?: boolean
}
