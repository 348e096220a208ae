/** What `ws` hands over as a message. */
export type WebSocketData = Buffer | ArrayBuffer | Buffer[]

export const bytesOf = (data: WebSocketData): Buffer =>
  Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)

export const textOf = (data: WebSocketData): string => bytesOf(data).toString('utf8')
