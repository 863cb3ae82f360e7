// client-sequoia.rs - the Assuan client of Sequoia, for test-sequoia.py
// Copyright (C) 2026 The reeve authors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Reads and writes what client-gpgme.c does.

use std::io::{BufRead, Write};

use futures::StreamExt;
use sequoia_ipc::assuan::{Client, Response};

fn from_hex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{:02x}", byte)).collect()
}

/// Print RESPONSE; whether it asks for something.
fn show(response: Response) -> bool {
    match response {
        Response::Ok { .. } => println!("OK"),
        Response::Error { code, .. } => println!("ERR {}", code),
        Response::Status { keyword, message } => {
            println!("S {} {}", keyword, message)
        }
        Response::Comment { message } => println!("S # {}", message),
        Response::Data { partial } => println!("D {}", to_hex(&partial)),
        Response::Inquire { keyword, parameters } => {
            match parameters {
                Some(text) => println!(
                    "INQUIRE {} {}", keyword, String::from_utf8_lossy(&text)),
                None => println!("INQUIRE {}", keyword),
            }
            return true;
        }
    }
    false
}

async fn transact(client: &mut Client, line: &str)
                  -> sequoia_ipc::Result<()> {
    let mut parts = line.splitn(2, '\t');
    client.send(parts.next().unwrap())?;
    let answer = parts.next().map(from_hex);
    loop {
        let mut asked = false;
        while let Some(response) = client.next().await {
            asked = show(response?);
        }
        if !asked {
            return Ok(());
        }
        match &answer {
            Some(bytes) => client.data(bytes)?,
            None => client.cancel()?,
        }
    }
}

async fn run(socket: &str) -> sequoia_ipc::Result<()> {
    let mut client = Client::connect(socket).await?;
    for line in std::io::stdin().lock().lines() {
        if let Err(broken) = transact(&mut client, &line?).await {
            println!("BROKEN {}", broken);
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn main() {
    let socket = std::env::args().nth(1).expect("SOCKET");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all().build().unwrap();
    if let Err(error) = runtime.block_on(run(&socket)) {
        eprintln!("client-sequoia: {}", error);
        std::process::exit(1);
    }
}
