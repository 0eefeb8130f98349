// redis.js - connect, set, get, pipeline 1,000 requests, quit: node's "redis".
//
//     NODE_PATH=.../node_modules node redis.js PORT
const { isDeepStrictEqual, inspect } = require('util');
const { createClient, RESP_TYPES } = require('redis');

function fail(error) {
    console.error(error.message);
    process.exit(1);
}

function expect(reply, value) {
    if (!isDeepStrictEqual(reply, value))
        fail(Error(`the reply is ${inspect(reply)}, and not ${inspect(value)}`));
}

async function main(port) {
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    client.on('error', fail);
    await client.connect();
    expect(await client.set('key', 'a value'), 'OK');
    expect(await client.get('key'), 'a value');
    expect(await client.get('no such key'), null);

    const requests = []; // those of one turn of the event loop go out together
    for (let i = 0; i < 500; i++)
        requests.push(client.set(`n${i}`, `${i}`), client.get(`n${i}`));
    const replies = await Promise.all(requests);
    for (let i = 0; i < 500; i++)
        expect(replies.slice(2 * i, 2 * i + 2), ['OK', `${i}`]);

    const bytes = Buffer.from([0, 13, 10, 255, 0]);
    expect(await client.set('binary', bytes), 'OK');
    const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    expect(await binary.get('binary'), bytes);
    await client.quit();
}

main(process.argv[2]).catch(fail);
