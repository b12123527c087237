import { createSecretKey, webcrypto } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { runInThisContext } from 'node:vm'
import { SerializationError } from '../../src/errors'
import { transfer } from '../../src/wire/transfer'
import { LIVE, pack, unpack, type PackContext } from '../../src/wire/values'
import { carry, process, roundTrip, thread, thrownBy } from './support'

describe('transfer to a thread', () => {
  it('moves when the value is packed, not when the message is sent', () => {
    const bytes = new Uint8Array([1, 2, 3])
    const packed = pack([transfer(bytes, [bytes.buffer])], thread)
    expect(bytes.byteLength).toBe(0)
    expect(packed.flags).toBe(LIVE)
    expect(packed.transfer).toHaveLength(1)
    expect(unpack(carry(packed, 'thread'), packed.flags, {})).toEqual([new Uint8Array([1, 2, 3])])
  })

  it('moves a Buffer, which stays a Buffer, and copies the rest', () => {
    const buffer = Buffer.from(new Uint8Array([1, 2]).buffer)
    const pooled = Buffer.from('pooled')
    const arrived = roundTrip({ image: transfer({ buffer }, [buffer.buffer]), pooled }) as { image: { buffer: Buffer } }
    expect(buffer.byteLength).toBe(0)
    expect(pooled.toString()).toBe('pooled')
    expect(Buffer.isBuffer(arrived.image.buffer)).toBe(true)
    expect(arrived).toEqual({ image: { buffer: Buffer.from([1, 2]) }, pooled: Buffer.from('pooled') })
  })

  it('moves memory with all views of it', () => {
    const memory = new Uint8Array([1, 2, 3, 4]).buffer
    const value = { last: Buffer.from(memory, 2), all: new Uint8Array(memory) }
    const arrived = roundTrip(transfer(value, [memory])) as typeof value
    expect(arrived.last).toEqual(Buffer.from([3, 4]))
    expect(arrived.last.buffer).toBe(arrived.all.buffer)
    expect(arrived.last.byteOffset).toBe(2)
  })

  it('sends only the bytes of a pooled Buffer, not its pool', () => {
    const arrived = roundTrip([Buffer.from('own'), new SharedArrayBuffer(1)]) as [Buffer]
    expect(arrived[0].buffer.byteLength).toBe(3)
  })

  it('does not move what an error holds', () => {
    const { port1, port2 } = new MessageChannel()
    const bytes = new Uint8Array([1])
    const error = Object.assign(new Error('no'), {
      port: port1,
      memory: new SharedArrayBuffer(1),
      view: Buffer.from(new SharedArrayBuffer(1)),
      bytes: transfer(bytes, [bytes.buffer]),
    })
    const [arrived] = roundTrip([error, new SharedArrayBuffer(1)]) as [Error]
    expect({ ...arrived }).toStrictEqual({ bytes: new Uint8Array([1]) })
    expect(bytes.byteLength).toBe(1)
    port1.postMessage('still here')
    expect(receiveMessageOnPort(port2)).toEqual({ message: 'still here' })
    port1.close()
  })

  it('still moves if an error beside it loses a property that only the engine refuses', () => {
    const { port1, port2 } = new MessageChannel()
    const bytes = new Uint8Array([1, 2])
    const detached = new ArrayBuffer(8)
    structuredClone(detached, { transfer: [detached] })
    const error = Object.assign(new Error('no'), { detached, kept: new Date(0) })
    const packed = pack([port1, transfer(bytes, [bytes.buffer]), error, new SharedArrayBuffer(1)], thread)
    expect(bytes.byteLength).toBe(0)
    expect(packed.transfer).toHaveLength(2)
    const arrived = unpack(carry(packed, 'thread'), packed.flags, {}) as [MessagePort, Uint8Array, Error]
    expect(arrived[1]).toEqual(new Uint8Array([1, 2]))
    expect({ ...arrived[2] }).toStrictEqual({ kept: new Date(0) })
    arrived[0].postMessage('through')
    expect(receiveMessageOnPort(port2)).toEqual({ message: 'through' })
    port2.close()
  })

  it('has no transfer list if nothing was moved', () => {
    expect(pack(new SharedArrayBuffer(1), thread).transfer).toBeUndefined()
  })

  it('moves a resource if the Node.js version can, and otherwise names it in the error', () => {
    class Pipe extends EventEmitter {
      [Symbol('messaging_transfer_symbol')](): void {}
    }
    const pipe = new Pipe()
    const promise = Promise.resolve()
    expect(() => pack([pipe], thread)).toThrow('`result[0]` from a worker: a Pipe cannot be cloned. Send what it takes')
    expect(() => pack([transfer(pipe, [pipe as never])], thread)).toThrow('it could not be cloned (')
    expect(() => pack([transfer(pipe, [pipe as never])], process)).toThrow('a Pipe cannot be cloned')
    expect(() => pack([transfer({}, [promise as never]), promise], thread)).toThrow('a Promise cannot be cloned')
  })

  it('finds marked objects in large values', () => {
    const bytes = new Uint8Array([1])
    roundTrip([...Array.from({ length: 1000 }, (_, i) => i), transfer({ bytes }, [bytes.buffer])])
    expect(bytes.byteLength).toBe(0)
  })

  it('accepts only objects that can be moved', () => {
    const error = thrownBy(() => pack(transfer({ a: 1 }, [{} as never]), thread)) as Error
    expect(error).toMatchObject({ code: 'ERR_PEBBLE_SERIALIZATION', path: 'result' })
    expect(error.message).toMatch(/^Cannot send `result` from a worker: it could not be cloned \(.*\)\.$/)
  })

  it('moves nothing if another part of the value cannot be sent', () => {
    const bytes = new Uint8Array([1])
    expect(() => pack([transfer(bytes, [bytes.buffer]), () => 1], thread)).toThrow('`result[1]`')
    expect(bytes.byteLength).toBe(1)
  })
})

describe('transfer to a process', () => {
  it('copies', () => {
    const bytes = new Uint8Array([1, 2, 3])
    expect(roundTrip([transfer(bytes, [bytes.buffer])], process)).toEqual([new Uint8Array([1, 2, 3])])
    expect(bytes.byteLength).toBe(3)
  })

  it('refuses objects that cannot be copied', () => {
    const { port1 } = new MessageChannel()
    expect(() => pack([transfer(port1, [port1])], process)).toThrow(
      'a MessagePort can be sent to threads, not to processes',
    )
    port1.close()
  })
})

describe('transfer', () => {
  it('returns its value, and throws for wrong arguments', () => {
    const value = {}
    expect(transfer(value, [])).toBe(value)
    const list: ArrayBuffer[] = []
    transfer(value, list)
    list.push(new ArrayBuffer(1)) // too late
    expect(pack(value, thread).transfer).toBeUndefined()
    expect(() => transfer(5 as never, [])).toThrow(new TypeError('Expected `value` to be an object, got `5` (number)'))
    expect(() => transfer(null as never, [])).toThrow('Expected `value` to be an object, got `null`')
    expect(() => transfer({}, 'x' as never)).toThrow(
      new TypeError('Expected `list` to be an array, got `"x"` (string)'),
    )
  })
})

describe('a value that only threads can carry', () => {
  it('is shared if it is shared memory, while values beside it are copied', () => {
    const shared = new Int32Array(new SharedArrayBuffer(4))
    const list = [1]
    const packed = pack({ shared, list, when: new Date(0), text: Buffer.from('a') }, thread)
    list.push(2)
    const arrived = unpack(carry(packed, 'thread'), packed.flags, {}) as { shared: Int32Array }
    shared[0] = 7
    expect(arrived).toEqual({ shared, list: [1], when: new Date(0), text: Buffer.from('a') })
  })

  it('is shared if it is a Buffer on shared memory', () => {
    const memory = new SharedArrayBuffer(4)
    const [buffer] = roundTrip([Buffer.from(memory as never, 1, 2)]) as [Buffer]
    new Uint8Array(memory)[2] = 7
    expect([...buffer]).toEqual([0, 7])
  })

  it('is moved without a mark if it cannot be copied', () => {
    const { port1, port2 } = new MessageChannel()
    const { port } = roundTrip({ port: port1 }) as { port: MessagePort }
    port.postMessage('through')
    expect(receiveMessageOnPort(port2)).toEqual({ message: 'through' })
    port2.close()
  })

  it.each([
    ['Blob', () => new Blob(['x'])],
    ['Module', () => runInThisContext("new WebAssembly.Module(Buffer.from('AGFzbQEAAAA=', 'base64'))")],
  ])('may be a %s', (name, make: () => object) => {
    const arrived = roundTrip([make()]) as [object]
    expect(arrived[0].constructor.name).toBe(name)
  })

  it('may be a stream', async () => {
    const source = new ReadableStream({
      start(controller) {
        controller.enqueue('chunk')
        controller.close()
      },
    })
    const [stream] = roundTrip([source]) as [ReadableStream<string>]
    const chunks: string[] = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(chunks).toEqual(['chunk'])
  })

  it('may be a key', async () => {
    const secret = createSecretKey(Buffer.from('secret'))
    expect((roundTrip([secret]) as [typeof secret])[0].export()).toEqual(Buffer.from('secret'))
    const key = await webcrypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])
    expect((roundTrip([key]) as [webcrypto.CryptoKey])[0].type).toBe('secret')
    expect(() => pack([secret], process)).toThrow('a SecretKeyObject can be sent to threads, not to processes')
  })
})

describe('an AbortSignal', () => {
  it.each([thread, process])('is sent to a $kind as a number from the channel', (base) => {
    const added: AbortSignal[] = []
    const context: PackContext = { ...base, signals: { add: (signal) => added.push(signal) } }
    const { signal } = new AbortController()
    const here = new AbortController().signal
    const packed = pack({ signal, again: [signal], when: new Date() }, context)
    expect(added).toEqual([signal])
    const arrived = unpack(carry(packed, base.kind), packed.flags, {
      signals: { get: (id) => (id === 1 ? here : AbortSignal.abort()) },
    })
    expect(arrived).toMatchObject({ signal: here, again: [here] })
  })

  it('is registered once, even if packing starts over', () => {
    const added: AbortSignal[] = []
    const detached = new ArrayBuffer(8)
    structuredClone(detached, { transfer: [detached] })
    const { signal } = new AbortController()
    const error = Object.assign(new Error('no'), { detached })
    const packed = pack([signal, error], { ...process, signals: { add: (each) => added.push(each) + 6 } })
    expect(added).toEqual([signal])
    const get = jest.fn((_id: number) => signal)
    expect(unpack(packed.data, packed.flags, { signals: { get } })).toMatchObject([signal, {}])
    expect(get.mock.calls).toEqual([[7]])
  })

  it('cannot be rebuilt if the channel knows no signals', () => {
    const packed = pack(new AbortController().signal, { ...process, signals: { add: () => 1 } })
    const error = thrownBy(() => unpack(packed.data, packed.flags, {}))
    expect(error).toBeInstanceOf(SerializationError)
    expect(error).toMatchObject({
      message: 'Cannot rebuild an AbortSignal here. Pass it as an argument of the call.',
      path: '',
    })
  })

  it('is not registered if the call cannot be sent', () => {
    const add = jest.fn<number, [AbortSignal]>()
    const { signal } = new AbortController()
    expect(() => pack([signal, () => 1], { ...thread, signals: { add } })).toThrow('`result[1]`')
    expect(add).not.toHaveBeenCalled()
  })
})
