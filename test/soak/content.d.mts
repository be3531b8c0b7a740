// Types of content.mjs, which is no TypeScript because the handler has to load without any help.

export declare const TOKEN_LENGTH: number;
export declare function answerBody(token: string, size: number): Buffer;
export declare function requestBody(token: string, size: number): Buffer;
