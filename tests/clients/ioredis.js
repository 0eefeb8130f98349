// ioredis.js - connect, set, get, pipeline 1,000 requests, quit: node's "ioredis".
//
//     NODE_PATH=.../node_modules node ioredis.js PORT
const { isDeepStrictEqual, inspect } = require('util');
const { Redis } = require('ioredis');

function fail(error) {
    console.error(error.message);
    process.exit(1);
}

function expect(reply, value) {
    if (!isDeepStrictEqual(reply, value))
        fail(Error(`the reply is ${inspect(reply)}, and not ${inspect(value)}`));
}

async function main(port) {
    const client = new Redis(port);
    client.on('error', fail);
    expect(await client.set('key', 'a value'), 'OK');
    expect(await client.get('key'), 'a value');
    expect(await client.get('no such key'), null);

    const pipeline = client.pipeline();
    for (let i = 0; i < 500; i++)
        pipeline.set(`n${i}`, i).get(`n${i}`);
    const replies = await pipeline.exec();
    for (let i = 0; i < 500; i++)
        expect(replies.slice(2 * i, 2 * i + 2), [[null, 'OK'], [null, `${i}`]]);

    const bytes = Buffer.from([0, 13, 10, 255, 0]);
    expect(await client.set('binary', bytes), 'OK');
    expect(await client.getBuffer('binary'), bytes);
    expect(await client.quit(), 'OK');
}

main(Number(process.argv[2])).catch(fail);
