// The work of POST /infer in Node: parse, check, limit by credential, show the limit in headers, echo the inputs.
//
//   node server.mjs fastify-rate-limit | rate-limiter-flexible | rate-limiter-flexible-redis
//
// LIMIT in the environment is the limit for 60 s, REDIS_PORT where Redis is on this machine.

import Fastify from 'fastify'
import rateLimit from '@fastify/rate-limit'
import { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'

const LIMIT = Number(process.env.LIMIT ?? 1_000_000_000)
const WINDOW_SECONDS = 60

const app = Fastify({ logger: false })

const limiters = {
  async 'fastify-rate-limit'() {
    await app.register(rateLimit, {
      max: LIMIT,
      timeWindow: WINDOW_SECONDS * 1000,
      keyGenerator: request => request.headers.authorization
    })
  },

  async 'rate-limiter-flexible'() {
    limitBy(new RateLimiterMemory({ points: LIMIT, duration: WINDOW_SECONDS }))
  },

  async 'rate-limiter-flexible-redis'() {
    const storeClient = new Redis({ host: '127.0.0.1', port: Number(process.env.REDIS_PORT) })
    limitBy(new RateLimiterRedis({ storeClient, points: LIMIT, duration: WINDOW_SECONDS }))
  }
}

function limitBy (limiter) {
  app.addHook('onRequest', async (request, reply) => {
    try {
      setHeaders(reply, await limiter.consume(request.headers.authorization))
    } catch (refused) {
      if (refused instanceof Error) throw refused
      setHeaders(reply, refused)
      reply.header('retry-after', Math.ceil(refused.msBeforeNext / 1000))
      return reply.code(429).send({ valid: false, error: 'Rate limit exceeded' })
    }
  })
}

function setHeaders (reply, { remainingPoints, msBeforeNext }) {
  reply.header('x-ratelimit-limit', LIMIT)
  reply.header('x-ratelimit-remaining', remainingPoints)
  reply.header('x-ratelimit-reset', Math.ceil((Date.now() + msBeforeNext) / 1000))
}

const limiter = limiters[process.argv[2]]
if (!limiter) {
  console.error(`Name the limiter: ${Object.keys(limiters).join(' or ')}.`)
  process.exit(2)
}
await limiter()

app.post('/infer', (request, reply) => {
  const { deployment_id: id, inputs } = request.body ?? {}
  if (typeof id !== 'string' || inputs === null || typeof inputs !== 'object' || Array.isArray(inputs)) {
    return reply.code(400).send({ valid: false, error: "The body must be a JSON object with 'deployment_id' and 'inputs'." })
  }
  return reply.send({ valid: true, deployment_id: id, outputs: inputs })
})

console.log(`Listening on ${await app.listen({ host: '127.0.0.1', port: 0 })}`)
