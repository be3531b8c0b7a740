// Hello with Express, for scgi-server as for node:http with cluster.

import express from 'express';

const app = express();
app.get('/hello', (request, response) => response.send('Hello world\n'));

export default app;
