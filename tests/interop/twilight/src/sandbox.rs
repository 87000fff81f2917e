//! Starts the sandbox as a child and speaks to its control endpoints.
use anyhow::{anyhow, bail, Result};
use serde_json::Value;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

pub struct Sandbox {
    child: Child,
    info: Value,
}

impl Sandbox {
    /// `program`: the sandbox; `transcript`: where it writes every answer and dispatch.
    pub async fn start(program: &str, transcript: &str) -> Result<Self> {
        let mut child = Command::new(program)
            .args(["--listen", "127.0.0.1:0", "--print-ready", "--transcript", transcript])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await?;
        Ok(Self { child, info: serde_json::from_str(&line)? })
    }

    /// A field of the ready line: url, gateway, token, guild_id, owner_id, channel_id, bot_user_id, application_id.
    pub fn text(&self, field: &str) -> &str {
        self.info[field].as_str().unwrap_or_default()
    }

    pub fn id<T>(&self, field: &str) -> twilight_model::id::Id<T> {
        self.text(field).parse().expect("a snowflake")
    }

    /// "127.0.0.1:8090"
    pub fn address(&self) -> &str {
        self.text("url").trim_start_matches("http://")
    }

    pub async fn control(&self, method: &str, path: &str, body: Value) -> Result<Value> {
        request(self.address(), method, &format!("/_sandbox/{path}"), "", &body.to_string()).await.and_then(|(status, _, text)| {
            if status >= 400 {
                bail!("{method} {path}: {status} {text}");
            }
            Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
        })
    }

    /// What a person does; the answer is what that person sees then.
    pub async fn act(&self, mut body: Value) -> Result<Value> {
        if body.get("user").is_none() {
            body["user"] = self.text("owner_id").into();
        }
        self.control("POST", "interactions", body).await
    }

    pub async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().ok_or_else(|| anyhow!("the sandbox has ended"))?;
        Command::new("kill").arg(pid.to_string()).status().await?;
        let status = self.child.wait().await?;
        if !status.success() {
            bail!("the sandbox ended with {status}");
        }
        Ok(())
    }
}

/// One bare HTTP/1.1 request: status, head and body.
pub async fn request(address: &str, method: &str, path: &str, head: &str, body: &str) -> Result<(u16, String, String)> {
    let mut socket = TcpStream::connect(address).await?;
    let text = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n{head}\r\n{body}",
        body.len()
    );
    socket.write_all(text.as_bytes()).await?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await?;
    let answer = String::from_utf8(answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| anyhow!("no answer"))?;
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(|| anyhow!("no status"))?;
    Ok((status, head.to_string(), body.to_string()))
}
